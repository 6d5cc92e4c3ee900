/* Tsuide's widget: offers in any page. One file, no dependency.
 *
 *   <script src="https://offers.example.jp/widget/tsuide.js" data-key="tsk_…" data-language="ja" async></script>
 *   <tsuide-offers placement="product" product="cam-a"></tsuide-offers>
 *
 * Elements: tsuide-offers, tsuide-bundle, tsuide-progress, tsuide-till, tsuide-notice. docs/widget.md tells them all.
 * The page listens to "tsuide:add" (detail: offer_id, items, price) and puts what was chosen into its own cart.
 */
(() => {
  'use strict'
  if (window.Tsuide) return
  const script = document.currentScript || document.querySelector('script[data-key][src*="tsuide"]')
  const given = script ? script.dataset : {}
  const settings = {
    server: given.server || (script ? new URL(script.src).origin : location.origin),
    key: given.key || '',
    language: (given.language || document.documentElement.lang || 'ja').slice(0, 2) === 'en' ? 'en' : 'ja',
    track: (given.track || '').split(/[\s,]+/).filter(Boolean), // views, carts
    consent: given.consent || 'ask', // granted: the page has asked; ask: nothing is kept until Tsuide.consent(true)
    customer: given.customer || null,
    token: given.customerToken || null, // signed by the shop's server; without it the customer is set aside
    patience: 2500,
  }
  const WORDS = {
    ja: {
      with: 'ご一緒にいかがですか', set: 'セットで', add: 'カートに入れる', added: '追加しました', addAll: 'まとめて入れる',
      no: '表示しない', have: '持っています', dear: '高いと感じます', now: '今はいりません', me: '私には合いません',
      later: 'またあとで', thanks: 'わかりました。次から変えます。', was: '通常価格', free: '無料', off: 'お得',
      left: 'あと {x} で送料無料です', reached: '送料無料です', fill: 'こちらを足すと届きます', also: 'お持ちですか？',
      scan: '商品をスキャン', yes: 'はい', nope: 'いいえ', say: 'ひとこと', silent: '今は何もお勧めしません',
      details: '理由', total: '合計', anchor: '今ご覧の商品', close: '閉じる', size: 'サイズ・色', gone: '在庫切れ',
      notice: '外部送信について',
      sent: '送信する情報: 閲覧した商品・カートの中身・このブラウザを区別する番号。送信先: {host}（当店のおすすめ表示システム）。目的: おすすめの表示とその効果の測定。同意いただくまで番号は作りません。',
    },
    en: {
      with: 'Goes well with it', set: 'As a set', add: 'Add to cart', added: 'Added', addAll: 'Add them all',
      no: 'Not this', have: 'I have it', dear: 'Too dear', now: 'Not now', me: 'Not for me',
      later: 'Maybe later', thanks: 'Understood. We will show something else.', was: 'Usually', free: 'free', off: 'off',
      left: '{x} more for free shipping', reached: 'Shipping is free', fill: 'This gets you there', also: 'Do you have one?',
      scan: 'Scan a product', yes: 'Yes', nope: 'No', say: 'Say', silent: 'Nothing to suggest now',
      details: 'Why', total: 'Total', anchor: 'This product', close: 'Close', size: 'Size or colour', gone: 'out of stock',
      notice: 'What this page sends',
      sent: 'Sent: products you look at, what is in your cart, a number that tells this browser from others. To: {host} (the system that makes this shop’s suggestions). For: showing suggestions and measuring whether they help. No number is made before you agree.',
    },
  }
  const REASONS = [['have_it', 'have'], ['too_dear', 'dear'], ['not_now', 'now'], ['not_for_me', 'me']]
  const say = (name, blanks = {}) =>
    Object.entries(blanks).reduce((text, [k, v]) => text.replace(`{${k}}`, v), WORDS[settings.language][name])
  const silent = () => navigator.doNotTrack === '1' || window.doNotTrack === '1' || navigator.globalPrivacyControl === true

  // --- who: nothing is kept in the browser without consent ------------------------------------------------
  const store = {
    get: (k) => { try { return localStorage.getItem(k) } catch { return null } },
    set: (k, v) => { try { localStorage.setItem(k, v) } catch { /* private window: nothing is kept */ } },
    drop: (k) => { try { localStorage.removeItem(k) } catch { /* as above */ } },
  }
  const allowed = () => !silent() && (settings.consent === 'granted' || store.get('tsuide.consent') === 'yes')
  const visitor = () => {
    if (!allowed()) return null
    let id = store.get('tsuide.visitor')
    if (!id) store.set('tsuide.visitor', (id = newId()))
    return id
  }
  const newId = () => (crypto.randomUUID ? crypto.randomUUID() : Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join(''))
  const who = () => {
    const id = visitor()
    return { ...(id && { anonymous_id: id }), ...(settings.customer && allowed() && { customer_id: settings.customer }) }
  }

  // --- talking to the server: a page must never wait for it, nor break without it -------------------------
  const headers = () => ({ 'Content-Type': 'application/json', 'X-Api-Key': settings.key, ...(settings.token && allowed() && { 'X-Customer-Token': settings.token }) })
  const post = async (path, body, keepalive = false) => {
    const stop = new AbortController()
    const timer = setTimeout(() => stop.abort(), settings.patience)
    try {
      const answer = await fetch(settings.server + path, { method: 'POST', headers: headers(), body: JSON.stringify(body), signal: stop.signal, keepalive, credentials: 'omit' })
      return answer.ok ? await answer.json() : null
    } catch {
      return null
    } finally {
      clearTimeout(timer)
    }
  }
  const report = (decision, offer, outcome, reason) => {
    if (!allowed() && outcome !== 'accepted' && outcome !== 'declined') return null
    return post(`/v1/offers/${encodeURIComponent(decision)}/outcomes`, { outcomes: [{ offer_id: offer, outcome, ...(reason && { reason }) }] }, true)
  }
  const track = (event, properties) => {
    if (!allowed()) return null
    const { anonymous_id: anonymousId, customer_id: userId } = who()
    const now = new Date().toISOString()
    const item = { type: 'track', event, properties, messageId: newId(), timestamp: now, ...(anonymousId && { anonymousId }), ...(userId && { userId }) }
    return post('/v1/batch', { batch: [item], sentAt: now }, true)
  }

  // --- small pieces ---------------------------------------------------------------------------------------
  const el = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag)
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith('on')) made.addEventListener(name.slice(2), value)
      else if (value === true) made.setAttribute(name, '')
      else if (value !== false && value != null) made.setAttribute(name, value)
    }
    made.append(...children.flat().filter((each) => each != null && each !== false))
    return made
  }
  const safeUrl = (url) => { try { const u = new URL(url, location.href); return /^https?:$/.test(u.protocol) ? u.href : null } catch { return null } }
  const json = (text, otherwise) => { try { return text ? JSON.parse(text) : otherwise } catch { return otherwise } }
  const money = (amount, currency) => {
    const format = new Intl.NumberFormat(settings.language, { style: 'currency', currency })
    return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits)
  }
  const STYLE = `
    :host{display:block;font:var(--tsuide-font,inherit);color:var(--tsuide-color,inherit);contain:layout style}
    :host([hidden]){display:none!important}
    *{box-sizing:border-box}
    h2{font:var(--tsuide-heading-font,600 1.05em/1.4 inherit);font-size:1.05em;margin:0 0 .6em}
    ul{list-style:none;margin:0;padding:0;display:grid;gap:var(--tsuide-gap,.8em);grid-template-columns:repeat(auto-fit,minmax(min(100%,var(--tsuide-card-width,15em)),1fr))}
    li{display:flex;flex-direction:column;gap:.4em;padding:var(--tsuide-padding,.8em);background:var(--tsuide-background,transparent);border:1px solid var(--tsuide-border,#8884);border-radius:var(--tsuide-radius,.5em);min-width:0}
    a{color:var(--tsuide-link,inherit);overflow-wrap:anywhere}
    img{width:100%;aspect-ratio:4/3;object-fit:contain;background:var(--tsuide-image-background,#8881);border-radius:.3em}
    .title{font-weight:600}.why,small{font-size:.87em;opacity:.85;margin:0}.price{font-weight:600;margin:0}
    s{font-weight:400;opacity:.75;margin-inline-start:.4em}
    .row{display:flex;gap:.5em;flex-wrap:wrap;align-items:center;margin-top:auto}
    button{font:inherit;cursor:pointer;min-height:2.75em;padding:.3em .9em;border-radius:var(--tsuide-radius,.5em);border:1px solid var(--tsuide-border,#8888);background:transparent;color:inherit}
    button.main{background:var(--tsuide-accent,#14532d);color:var(--tsuide-on-accent,#fff);border-color:transparent}
    button:focus-visible,a:focus-visible,summary:focus-visible,input:focus-visible,select:focus-visible{outline:3px solid var(--tsuide-focus,#2563eb);outline-offset:2px}
    button[disabled]{opacity:.6;cursor:default}
    details{font-size:.87em}summary{cursor:pointer;min-height:2em}
    .reasons{display:flex;flex-wrap:wrap;gap:.4em}
    progress{width:100%;height:.8em;accent-color:var(--tsuide-accent,#14532d)}
    input{font:inherit;width:100%;min-height:3em;padding:.4em .6em;border:1px solid var(--tsuide-border,#8888);border-radius:var(--tsuide-radius,.5em);background:transparent;color:inherit}
    select{font:inherit;color:inherit;background:transparent;min-height:2.75em;max-width:100%;padding:.3em .5em;border:1px solid var(--tsuide-border,#8888);border-radius:var(--tsuide-radius,.5em)}
    option{color:#111;background:#fff}
    .look{grid-column:1/-1}.look>img{aspect-ratio:16/9;height:auto;max-height:24em;object-fit:cover}
    .message{padding:var(--tsuide-padding,.8em);margin-bottom:var(--tsuide-gap,.8em);border:1px solid var(--tsuide-border,#8884);border-inline-start:.3em solid var(--tsuide-accent,#14532d);border-radius:var(--tsuide-radius,.5em)}
    .message p{margin:0 0 .6em;white-space:pre-line;overflow-wrap:anywhere}.head{display:flex;gap:.5em;align-items:start;justify-content:space-between}.head h2{margin:.5em 0;overflow-wrap:anywhere}.head button{min-width:2.75em;flex:none}
    .say{font-size:1.3em;margin:.4em 0}
    @media (prefers-reduced-motion:no-preference){li{transition:opacity .15s}}`

  let sheet = null // made by script: a page that forbids inline styles (CSP) still shows the widget dressed
  const dress = (root) => {
    try {
      if (!sheet) { sheet = new CSSStyleSheet(); sheet.replaceSync(STYLE) }
      root.adoptedStyleSheets = [sheet]
    } catch { root.append(el('style', {}, STYLE)) }
  }

  class Base extends HTMLElement {
    connectedCallback() {
      if (this.started) return
      this.started = true
      this.root = this.shadowRoot || this.attachShadow({ mode: 'open' })
      dress(this.root)
      this.body = el('div', { lang: settings.language })
      this.root.append(this.body)
      if (!this.hasAttribute('eager') && 'IntersectionObserver' in window) {
        const near = new IntersectionObserver((seen) => {
          if (!seen.some((each) => each.isIntersecting)) return
          near.disconnect()
          this.fill()
        }, { rootMargin: '400px' })
        near.observe(this)
      } else this.fill()
    }
    static get observedAttributes() { return ['product', 'cart', 'total', 'threshold', 'customer'] }
    attributeChangedCallback(_name, before, after) { if (this.filled && before !== after) this.fill() }
    get cart() {
      return json(this.getAttribute('cart'), []).map((line) => typeof line === 'string' ? { product_id: line } : line)
    }
    ask(more = {}) {
      const product = this.getAttribute('product')
      const list = (name) => (this.getAttribute(name) || '').split(/[\s,]+/).filter(Boolean)
      return post('/v1/offers', {
        placement: this.getAttribute('placement') || 'product',
        n: Number(this.getAttribute('n')) || 3,
        language: settings.language,
        cart: this.cart,
        ...(product && { product_id: product }),
        ...(this.getAttribute('message-slot') && { slot: this.getAttribute('message-slot') }),
        ...(list('kinds').length && { kinds: list('kinds') }),
        ...(list('exclude').length && { exclude: list('exclude') }),
        ...who(),
        ...more,
      })
    }
    async fill() {
      this.filled = true
      const turn = (this.turn = (this.turn || 0) + 1)
      const answer = await this.ask(this.more ? this.more() : {})
      if (turn !== this.turn) return // a newer question is on its way
      this.decision = answer && answer.decision
      for (const each of (answer && answer.offers) || []) each.decision = answer.decision
      const shown = answer && this.show(answer)
      this.body.replaceChildren(...(shown || []))
      if (!shown) this.nothing()
      else this.hidden = false
      this.dispatchEvent(new CustomEvent('tsuide:filled', { bubbles: true, detail: { offers: answer ? answer.offers.length : null } }))
    }
    nothing() { // what is on the screen must not jump: the room goes only while nobody sees it
      const box = this.getBoundingClientRect()
      if (!box.height || box.top > innerHeight || box.bottom < 0) this.hidden = true
    }
    watch(node, told) { // shown = half of it on the screen for a second
      if (!('IntersectionObserver' in window)) return
      let timer
      const seen = new IntersectionObserver(([entry]) => {
        clearTimeout(timer)
        if (entry.isIntersecting) timer = setTimeout(() => { seen.disconnect(); told() }, 1000)
      }, { threshold: 0.5 })
      seen.observe(node)
    }
    image(product) {
      const url = product.image && safeUrl(product.image)
      return url && el('img', { src: url, alt: '', loading: 'lazy', width: 320, height: 240 })
    }
    price(offer) {
      if (offer.price_text == null) return null
      return el('p', { class: 'price', part: 'price' }, offer.price_text,
        offer.list_price_text && el('s', { 'aria-label': `${say('was')} ${offer.list_price_text}` }, offer.list_price_text))
    }
    why(offer) {
      const [first, ...others] = offer.reasons
      if (!first) return null
      return [el('p', { class: 'why', part: 'reason' }, first.text),
        others.length > 0 && el('details', {}, el('summary', {}, say('details')), others.map((each) => el('p', { class: 'why' }, each.text)))]
    }
    add(offer, button, node, chosen = { id: offer.product.id, price: offer.price }) {
      button.disabled = true
      button.textContent = say('added')
      report(offer.decision, offer.id, 'accepted')
      const items = offer.items.filter((each) => each.role !== 'required').map(({ product_id, quantity, role }) => ({ product_id: product_id === offer.product.id ? chosen.id : product_id, quantity, role }))
      const event = new CustomEvent('tsuide:add', { bubbles: true, composed: true, cancelable: true, detail: { decision: offer.decision, offer_id: offer.id, kind: offer.kind, price: chosen.price, items, replaces: offer.replaces } })
      const template = this.getAttribute('add-url')
      if (this.dispatchEvent(event) && template) {
        const url = safeUrl(template.replace('{id}', encodeURIComponent(chosen.id)).replace('{offer}', encodeURIComponent(offer.id)))
        if (url) location.assign(url)
      }
      node.setAttribute('data-added', '')
    }
    refuse(offer, node) {
      const done = (outcome, reason) => () => {
        report(offer.decision, offer.id, outcome, reason)
        node.replaceChildren(el('p', { class: 'why', role: 'status' }, say('thanks')))
      }
      return el('details', { part: 'refuse' }, el('summary', {}, say('no')),
        el('div', { class: 'reasons' },
          REASONS.map(([code, word]) => el('button', { type: 'button', onclick: done('declined', code) }, say(word))),
          el('button', { type: 'button', onclick: done('later') }, say('later'))))
    }
    sizes(offer, chosen, price) { // the product's sizes and colours: the one chosen is added in the offer's place
      const item = offer.items.find((each) => each.product_id === offer.product.id)
      const sold = item ? item.variants : []
      if (sold.length < 2) return null
      const asked = price ? [...price.childNodes] : []
      return el('select', { part: 'size', 'aria-label': `${say('size')}: ${offer.product.title}`, onchange: (event) => {
        const one = sold.find((each) => each.product_id === event.target.value)
        chosen.id = one.product_id // what is off the price stays off it
        chosen.price = offer.price == null ? null : offer.price + (one.price - item.price) * item.quantity
        if (price) price.replaceChildren(...(chosen.price === offer.price ? asked : [money(chosen.price, offer.product.currency)]))
      } }, sold.map((each) => el('option', { value: each.product_id, selected: each.product_id === chosen.id, disabled: !each.in_stock },
        [each.name, each.price !== item.price && each.price_text, !each.in_stock && say('gone')].filter(Boolean).join(' · '))))
    }
    look(look, pieces) { // one picture, and below it each piece with a button of its own
      return el('li', { class: 'look', part: 'look' }, this.image(look), el('span', { class: 'title' }, look.title), el('ul', { 'aria-label': look.title }, pieces))
    }
    cards(offers) { // the pieces of a look stand together where its first one would
      const looks = new Map(offers.filter((each) => each.look).map(({ look }) => [look.id, []]))
      for (const each of offers) if (each.look) looks.get(each.look.id).push(each)
      return offers.map((each) => {
        if (!each.look) return this.card(each)
        const pieces = looks.get(each.look.id)
        return pieces[0] === each && this.look(each.look, pieces.map((piece) => this.card(piece, !piece.look.image)))
      }).filter(Boolean)
    }
    card(offer, pictured = true) {
      const label = say('add')
      const url = offer.product.url && safeUrl(offer.product.url)
      const clicked = () => report(offer.decision, offer.id, 'clicked')
      const title = el('span', { class: 'title' }, offer.product.title)
      const node = el('li', { part: 'card' })
      const button = el('button', { type: 'button', class: 'main', part: 'add', 'aria-label': `${label}: ${offer.product.title}`, onclick: () => this.add(offer, button, node, chosen) }, label)
      const required = offer.items.filter((each) => each.role === 'required')
      const chosen = { id: offer.product.id, price: offer.price }
      const price = this.price(offer)
      node.append(...[
        pictured && this.image(offer.product),
        url ? el('a', { href: url, onclick: clicked }, title) : title,
        price, this.sizes(offer, chosen, price), offer.difference_text && el('small', {}, offer.difference_text),
        this.why(offer),
        required.map((each) => el('small', {}, `${say('also')} ${each.title} ${each.price_text || ''}`)),
        offer.price != null && el('div', { class: 'row' }, button), this.refuse(offer, node), // what is only read is not bought
      ].flat(2).filter(Boolean))
      if (!offer.message) this.watch(node, () => report(offer.decision, offer.id, 'shown'))
      return node
    }
    section(heading, ...children) {
      const id = `h${(Base.count = (Base.count || 0) + 1)}`
      return [el('section', { 'aria-labelledby': id, part: 'section' }, el('h2', { id, part: 'heading' }, this.getAttribute('heading') || heading), ...children)]
    }
  }

  const claimed = new Map() // a message stands in one place of a page: the first one that may show it
  const takes = (node, slot) => (node.getAttribute('message-slot') || '') === slot && (slot || /^(home|product|cart|account)$/.test(node.getAttribute('placement') || 'product'))

  class Offers extends Base {
    show(answer) {
      const said = this.message(answer.message)
      const offers = answer.offers.length ? this.section(say('with'), el('ul', {}, this.cards(answer.offers))) : []
      return said || offers.length ? [said, offers].flat().filter(Boolean) : null
    }
    message(message) { // what a journey left for this visit comes first; it stays until it is closed
      const first = [...document.querySelectorAll('tsuide-offers')].find((each) => takes(each, this.getAttribute('message-slot') || ''))
      if (!message || this.left || (first || this) !== this || (claimed.get(message.id) || this) !== this) return this.left
      claimed.set(message.id, this)
      const tell = (outcome) => post(`/v1/site-messages/${encodeURIComponent(message.id)}/outcomes`, { outcome, ...(message.decision && { decision: message.decision }) }, true)
      const close = () => {
        tell('closed')
        this.left.remove()
        this.left = null
        if (!this.body.childElementCount) this.hidden = true
      }
      for (const each of message.offers) Object.assign(each, { decision: message.decision, message: message.id })
      const id = `h${(Base.count = (Base.count || 0) + 1)}`
      this.left = el('section', { class: 'message', part: 'message', 'aria-labelledby': id },
        el('div', { class: 'head' }, el('h2', { id, part: 'heading' }, message.title), el('button', { type: 'button', part: 'close', 'aria-label': `${say('close')}: ${message.title}`, onclick: close }, '×')),
        message.text && el('p', {}, message.text),
        message.offers.length > 0 && el('ul', {}, this.cards(message.offers)))
      this.watch(this.left, () => tell('shown'))
      return this.left
    }
  }

  class Bundle extends Base {
    more() { return { n: 1, kinds: ['bundle'] } }
    show(answer) {
      const [offer] = answer.offers
      if (!offer) return null
      const node = el('li', { part: 'card' })
      const button = el('button', { type: 'button', class: 'main', part: 'add', onclick: () => this.add(offer, button, node) }, say('addAll'))
      node.append(...[
        el('ul', {}, offer.items.map((each) => el('li', {}, el('span', { class: 'title' }, each.title),
          el('small', {}, each.role === 'free' ? say('free') : `${each.price_text || ''}${each.role === 'anchor' ? ` · ${say('anchor')}` : ''}`)))),
        el('p', { class: 'why' }, say('total')), this.price(offer), this.why(offer),
        el('div', { class: 'row' }, button), this.refuse(offer, node)].flat(2).filter(Boolean))
      this.watch(node, () => report(offer.decision, offer.id, 'shown'))
      return this.section(say('set'), el('ul', {}, node))
    }
  }

  class Progress extends Base {
    get left() { return Math.max(Number(this.getAttribute('threshold')) - Number(this.getAttribute('total')), 0) }
    more() {
      const threshold = Number(this.getAttribute('threshold'))
      return { placement: this.getAttribute('placement') || 'cart', n: Number(this.getAttribute('n')) || 2, kinds: ['filler'], ...(threshold > 0 && { free_shipping_at: threshold }) }
    }
    async ask(more) { return this.left > 0 ? (await super.ask(more)) || { offers: [], decision: null } : { offers: [], decision: null } }
    show(answer) {
      const threshold = Number(this.getAttribute('threshold'))
      if (!(threshold > 0)) return null
      const text = this.left > 0 ? say('left', { x: money(this.left, this.getAttribute('currency') || 'JPY') }) : say('reached')
      return [el('p', { role: 'status', part: 'progress-text' }, text),
        el('progress', { max: threshold, value: Math.min(Number(this.getAttribute('total')), threshold), 'aria-label': text }),
        ...(answer.offers.length ? this.section(say('fill'), el('ul', {}, this.cards(answer.offers))) : [])]
    }
  }

  class Till extends Base { // scan, one sentence for the clerk to say, yes or no
    fill() {
      this.filled = true
      this.lines = []
      this.outcome = el('div', { 'aria-live': 'polite' })
      const input = el('input', { 'aria-label': say('scan'), placeholder: say('scan'), autocomplete: 'off', enterkeyhint: 'go' })
      this.body.replaceChildren(el('form', { onsubmit: (event) => {
        event.preventDefault()
        const code = input.value.trim()
        input.value = ''
        if (code) this.scanned(code)
      } }, input), this.outcome)
      if (this.hasAttribute('autofocus')) input.focus()
    }
    async scanned(code) {
      this.lines.push({ product_id: code })
      const answer = await post('/v1/offers', { placement: 'till', n: 1, language: settings.language, cart: this.lines, product_id: code, ...(this.getAttribute('customer') && { customer_id: this.getAttribute('customer') }) })
      this.decision = answer && answer.decision
      const offer = answer && answer.offers[0]
      if (!offer) { this.outcome.replaceChildren(el('p', { class: 'why' }, say('silent'))); return }
      report(this.decision, offer.id, 'shown')
      const end = (outcome) => () => {
        report(this.decision, offer.id, outcome)
        if (outcome === 'accepted') {
          this.lines.push({ product_id: offer.product.id })
          this.dispatchEvent(new CustomEvent('tsuide:add', { bubbles: true, composed: true, detail: { decision: this.decision, offer_id: offer.id, kind: offer.kind, price: offer.price, items: offer.items } }))
        }
        this.outcome.replaceChildren()
      }
      const sentence = offer.pitch || `${offer.product.title}${offer.price_text ? ` (${offer.price_text})` : ''}: ${offer.reasons[0] ? offer.reasons[0].text : ''}`
      this.outcome.replaceChildren(el('p', { class: 'say' }, sentence),
        el('div', { class: 'row' }, el('button', { type: 'button', class: 'main', onclick: end('accepted') }, say('yes')), el('button', { type: 'button', onclick: end('declined') }, say('nope'))))
    }
  }

  class Notice extends Base { // 電気通信事業法 27条の12: what is sent, to whom, what for
    fill() {
      this.filled = true
      this.body.replaceChildren(el('details', { open: this.hasAttribute('open') }, el('summary', {}, say('notice')), el('p', { class: 'why' }, say('sent', { host: new URL(settings.server).host }))))
    }
  }

  // --- for carts where a tag is all one may add: views and carts by themselves ----------------------------
  const watchPage = () => {
    if (settings.track.includes('views')) {
      const found = [...document.querySelectorAll('script[type="application/ld+json"]')]
        .flatMap((each) => [json(each.textContent, null)].flat()).flatMap((each) => (each && each['@graph']) || [each])
        .find((each) => each && [each['@type']].flat().includes('Product'))
      const meta = document.querySelector('meta[property="product:retailer_item_id"]')
      const id = (found && (found.sku || found.productID)) || (meta && meta.content)
      if (id) track('Product Viewed', { product_id: String(id), url: location.href.slice(0, 500) })
    }
    if (settings.track.includes('carts') && Array.isArray(window.dataLayer)) {
      const names = { add_to_cart: 'Product Added', remove_from_cart: 'Product Removed', view_cart: 'Cart Viewed' }
      const look = (entry) => {
        const event = entry && names[entry.event]
        const items = event && ((entry.ecommerce && entry.ecommerce.items) || [])
        if (!event || !Array.isArray(items)) return
        const products = items.map((each) => ({ product_id: String(each.item_id || each.item_name), quantity: Number(each.quantity) || 1 }))
        if (event === 'Cart Viewed') track(event, { products })
        else products.forEach((each) => track(event, each))
      }
      window.dataLayer.forEach(look)
      const push = window.dataLayer.push
      window.dataLayer.push = function (...entries) { entries.forEach((each) => { try { look(each) } catch { /* the shop's own layer goes on */ } }); return push.apply(this, entries) }
    }
  }

  window.Tsuide = {
    settings,
    consent(yes) {
      store.set('tsuide.consent', yes ? 'yes' : 'no')
      if (!yes) { settings.consent = 'ask'; store.drop('tsuide.visitor') } else watchPage()
      document.querySelectorAll('tsuide-offers,tsuide-bundle').forEach((each) => each.filled && each.fill())
    },
    identify(customer, token = null) { settings.customer = customer; settings.token = token },
    track,
    get tracking() { return allowed() },
  }
  for (const [name, kind] of Object.entries({ offers: Offers, bundle: Bundle, progress: Progress, till: Till, notice: Notice }))
    if (!customElements.get(`tsuide-${name}`)) customElements.define(`tsuide-${name}`, kind)
  if (allowed()) {
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', watchPage)
    else watchPage()
  }
})()
