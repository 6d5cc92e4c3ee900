// Makes the console's pages quicker; every page works without it.
const me = document.querySelector('script[data-vega]')

// charts: Vega from our own server, without eval; drawn anew when the colours of the screen change
const dark = matchMedia('(prefers-color-scheme: dark)')
function colours(spec) {
  if (!dark.matches) return spec
  const quiet = { labelColor: '#a6b0ab', titleColor: '#a6b0ab' }
  const config = spec.config || {}
  return { ...spec, config: { ...config, axis: { ...config.axis, ...quiet }, legend: { ...config.legend, ...quiet }, text: { ...config.text, color: '#a6b0ab' } } }
}
async function draw(box) {
  const spec = JSON.parse(box.querySelector('script').textContent)
  const plot = box.querySelector('.plot') || box.appendChild(Object.assign(document.createElement('div'), { className: 'plot' }))
  await window.vegaEmbed(plot, colours(spec), { actions: false, ast: true, renderer: 'svg', defaultStyle: false, tooltip: { disableDefaultStyle: true } })
  box.dataset.drawn = ''
}
const boxes = [...document.querySelectorAll('.chart .drawn')]
if (boxes.length) {
  const script = Object.assign(document.createElement('script'), { type: 'module' })
  script.src = me.dataset.vega
  script.onload = () => {
    boxes.forEach(draw)
    dark.addEventListener('change', () => boxes.forEach(draw))
  }
  document.head.append(script)
}

// long jobs: how far they are; the page is loaded anew when one ends
for (const box of document.querySelectorAll('[data-job]')) {
  const ask = async () => {
    try {
      const answer = await fetch(box.dataset.job, { headers: { Accept: 'application/json' } })
      const job = await answer.json()
      if (!job.under_way) return location.reload()
      const bar = box.querySelector('progress')
      if (job.total) Object.assign(bar, { max: job.total, value: job.done })
      if (job.step) box.querySelector('.step').textContent = `${job.step} (${job.done ?? 0} / ${job.total || '?'})`
    } catch { /* the server is away for a moment */ }
    setTimeout(ask, 1500)
  }
  setTimeout(ask, 1000)
}

// filters act when a choice is made; a form is sent once
for (const form of document.querySelectorAll('form.filters[method=get]:not([data-still])')) {
  form.addEventListener('change', (event) => { if (event.target.matches('select, [type=checkbox], [type=date]')) form.requestSubmit() })
}
for (const area of document.querySelectorAll('textarea[data-line]')) { // to the line that is wrong
  const before = area.value.split('\n').slice(0, Number(area.dataset.line) - 1).join('\n')
  const first = before.length + (before ? 1 : 0)
  const end = area.value.indexOf('\n', first)
  area.focus({ preventScroll: true })
  area.setSelectionRange(first, end < 0 ? area.value.length : end)
  area.scrollTop = Math.max(0, (Number(area.dataset.line) - 4) * parseFloat(getComputedStyle(area).lineHeight))
}
for (const field of document.querySelectorAll('[data-press]')) { // what its choice changes comes from the server
  const button = field.form.querySelector(`button[name=do][value="${field.dataset.press}"]`)
  if (!button) continue
  button.hidden = true
  field.addEventListener('change', () => field.form.requestSubmit(button))
}
document.addEventListener('submit', (event) => {
  if (event.target.method !== 'post') return
  if (event.target.dataset.sent) return event.preventDefault()
  event.target.dataset.sent = 'yes'
  setTimeout(() => delete event.target.dataset.sent, 4000)
})
addEventListener('pageshow', () => document.querySelectorAll('form[data-sent]').forEach((form) => delete form.dataset.sent))

// on a narrow screen the menu is closed at first
const menu = document.querySelector('.menu')
const narrow = matchMedia('(max-width: 900px)')
if (menu) {
  const fit = () => { menu.open = !narrow.matches }
  fit()
  narrow.addEventListener('change', fit)
}

// keys: / to search
document.addEventListener('keydown', (event) => {
  if (event.target.closest('input, textarea, select') || event.ctrlKey || event.metaKey || event.altKey) return
  const search = document.querySelector('main input[type=search]')
  if (event.key === '/' && search) {
    event.preventDefault()
    search.focus()
    search.select()
  }
})

// what comes in: the newest rows are put in their place; the page does not move, and stands still while it is paused
for (const box of document.querySelectorAll('[data-live]')) {
  const pause = document.querySelector('[data-pause]')
  pause.hidden = false
  document.querySelector('[data-without-script]').hidden = true
  const ask = async () => {
    const resting = pause.querySelector('input').checked || document.hidden || box.contains(document.activeElement)
    try {
      const answer = resting ? null : await fetch(box.dataset.live)
      if (answer && answer.ok && !answer.redirected) {
        const top = scrollY
        const text = await answer.text()
        if (text !== box.dataset.last) box.innerHTML = box.dataset.last = text
        if (scrollY !== top) scrollTo(scrollX, top)
      }
    } catch { /* the server is away for a moment */ }
    setTimeout(ask, 2500)
  }
  setTimeout(ask, 2500)
}

// what is to be copied
for (const box of document.querySelectorAll('[data-copy]')) {
  if (!navigator.clipboard) break
  const button = Object.assign(document.createElement('button'), { type: 'button', className: 'copy plain small', textContent: box.dataset.copy })
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(box.textContent)
    button.textContent = '✓'
    setTimeout(() => { button.textContent = box.dataset.copy }, 1500)
  })
  box.after(button)
}

// policy: what is changed on one side stands on the other a moment later; the server says how, as “Check” does
const written = (form) => new URLSearchParams(new FormData(form)).toString()
document.addEventListener('change', (event) => {
  const form = event.target.closest('form.policy')
  if (!form || event.target.matches('[name=note], [name=days], [name*="[new]"]') || document.querySelector('[data-job]')) return
  setTimeout(async () => { // whoever has pressed a button by now is on the way to another page
    if (form.dataset.sent || !form.isConnected) return
    const sent = written(form)
    try {
      const answer = await fetch(form.action, { method: 'POST', body: new URLSearchParams(sent) })
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
      const fresh = page.querySelector('form.policy')
      if (!fresh || written(form) !== sent || form.dataset.sent || !form.isConnected) return // the next change takes it along
      const focused = document.activeElement?.id
      const top = form.querySelector('#f-text').scrollTop
      const open = [...document.querySelectorAll('main details')].map((each) => each.open)
      for (const name of ['note', 'days']) fresh.elements[name].value = form.elements[name].value
      page.querySelectorAll('main details').forEach((each, n) => { each.open = open[n] ?? each.open })
      document.querySelector('main').replaceWith(page.querySelector('main'))
      document.querySelector('#f-text').scrollTop = top
      if (focused) document.getElementById(focused)?.focus({ preventScroll: true })
    } catch { /* the server is away for a moment: “Check” is there */ }
  }, 300)
})
