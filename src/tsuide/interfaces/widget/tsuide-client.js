/* A thin client of Tsuide: ask for offers, tell what became of them, send events, take the customer's yes.
 *
 *   import { Tsuide } from 'tsuide-client'
 *   const shop = new Tsuide({ url: 'https://offers.example.jp', key: 'tsk_…' })
 *   const { offers } = await shop.offers('product', { product_id: 'cam-a' })
 *
 * One file without dependencies, for browsers and node 18 or newer. A page must not break: a failed call answers with
 * nothing (`trouble` says why) unless `silent: false`. About a yes failures are always thrown.
 */
export const VERSION = '0.1.0'
const AGAIN = new Set([429, 500, 502, 503, 504])

/** Nobody answered, or only with "not now", until patience ended. */
export class Unreachable extends Error {
  constructor(what, status = null, cause = undefined) {
    super(what, { cause })
    this.name = 'Unreachable'
    this.status = status
  }
}

/** The server understood and said no (4xx); `problem` is its problem document (RFC 9457). */
export class Refused extends Error {
  constructor(status, problem = {}) {
    super(problem.detail || problem.title || `HTTP ${status}`)
    this.name = 'Refused'
    this.status = status
    this.problem = problem
    this.code = problem.code || ''
  }
}

export class Tsuide {
  /** @param {import('./tsuide-client.js').Options} options */
  constructor({
    url = '', key, timeout = 2500, attempts = 3, patience = 10000, silent = true, customerToken = null, language = null,
    fetch: send = (...given) => globalThis.fetch(...given), sleep = rest, random = Math.random,
    onTrouble = (error) => console.warn(`tsuide: ${error.message}`),
  }) {
    Object.assign(this, { url: url.replace(/\/+$/, ''), key, timeout, attempts, patience, silent, customerToken, language, onTrouble })
    this._fetch = send
    this._sleep = sleep
    this._random = random
  }

  /** What to propose here and now. */
  async offers(placement, asked = {}) {
    const { idempotencyKey, customerToken, cart, ...more } = asked
    const body = { placement, ...(this.language && { language: this.language }), ...more }
    if (cart) body.cart = cart.map((line) => (typeof line === 'string' ? { product_id: line } : line))
    const nothing = { decision: '', placement, arm: 'treated', offers: [], question: null, notes: [], warnings: [], message: null }
    const answer = await this._run('POST', '/v1/offers', { body, nothing, idempotencyKey, customerToken, check: offered })
    for (const offer of answer.offers) offer.decision = answer.decision
    for (const offer of answer.message?.offers ?? []) offer.decision = answer.message.decision
    return answer
  }

  /** What became of an offer: shown, clicked, accepted, declined, later. It may outlive the page. */
  tell(offer, outcome, reason = null) {
    return this._outcomes(offer.decision, [{ offer_id: offer.id, outcome, ...(reason && { reason }) }])
  }

  /** What became of a message that an answer brought: shown, closed. Its offers count as shown with it. */
  tellMessage(message, outcome) {
    const body = { outcome, ...(message.decision && { decision: message.decision }) }
    return this._run('POST', `/v1/site-messages/${encodeURIComponent(message.id)}/outcomes`, { body, nothing: { recorded: false }, keepalive: true })
  }

  /** That the customer saw all offers of an answer. */
  async shown(answer) {
    if (!answer.offers.length) return { recorded: 0, already: 0, trouble: null }
    return this._outcomes(answer.decision, answer.offers.map((offer) => ({ offer_id: offer.id, outcome: 'shown' })))
  }

  /** One event in the words of the Segment spec: track('Product Viewed', { product_id: 'cam-a' }, { customer_id: 'c1' }). */
  track(event, properties, who) {
    return this.send([message('track', who, { event, properties })])
  }

  /** Who a visitor turned out to be, and what is known of them. */
  identify(customerId, traits = {}, anonymousId = null) {
    return this.send([message('identify', { customer_id: customerId, anonymous_id: anonymousId }, { traits })])
  }

  /** Many events at once, as `message` makes them; one sent twice (by its messageId) counts once. */
  async send(messages) {
    const body = { batch: messages, sentAt: new Date().toISOString() }
    const answer = await this._run('POST', '/v1/batch', { body, nothing: { recorded: 0 }, keepalive: true })
    return { recorded: answer.trouble ? 0 : messages.length, already: 0, trouble: answer.trouble }
  }

  /** Put an offer before the customer: everything they must see (`rows`), and the token for their answer. */
  askYes(offer, asked = {}) {
    const body = { decision: offer.decision, offer_id: offer.id, ...asked }
    return this._run('POST', '/v1/acceptances', { body, idempotencyKey: newKey() })
  }

  /** What a link confirms; looking is no answer. */
  look(token, language = this.language) {
    const query = language ? `?language=${encodeURIComponent(language)}` : ''
    return this._run('GET', `/v1/acceptances/${encodeURIComponent(token)}${query}`)
  }

  /** The customer's own yes. */
  confirm(token, language = this.language) { return this._answer(token, 'confirm', language && { language }) }

  /** The customer's no. */
  decline(token, reason = null) { return this._answer(token, 'decline', reason && { reason }) }

  /** Not now. */
  later(token) { return this._answer(token, 'later') }

  _answer(token, answer, body) {
    const path = `/v1/acceptances/${encodeURIComponent(token)}/${answer}`
    return this._run('POST', path, { body: body || {}, idempotencyKey: newKey() })
  }

  _outcomes(decision, outcomes) {
    const path = `/v1/offers/${encodeURIComponent(decision)}/outcomes`
    return this._run('POST', path, { body: { outcomes }, nothing: { recorded: 0, already: 0 }, keepalive: true })
  }

  /** The result; a silent client gets `nothing` in place of a failure, where the call has one. */
  async _run(method, path, call = {}) {
    try {
      const answer = await this._send(method, path, call)
      return call.nothing ? { ...answer, trouble: null } : answer
    } catch (error) {
      if (!this.silent || !call.nothing) throw error
      this.onTrouble(error)
      return { ...call.nothing, trouble: error }
    }
  }

  async _send(method, path, { body, idempotencyKey, customerToken = this.customerToken, keepalive = false, check } = {}) {
    const headers = {
      'X-Api-Key': this.key,
      ...(body && { 'Content-Type': 'application/json' }),
      ...(idempotencyKey && { 'Idempotency-Key': idempotencyKey }),
      ...(customerToken && { 'X-Customer-Token': customerToken }),
    }
    const sent = { method, headers, keepalive, credentials: 'omit', ...(body && { body: JSON.stringify(body) }) }
    const ends = Date.now() + this.patience
    for (let made = 1; ; made += 1) {
      const { answer, value, error } = await this._once(path, sent)
      if (answer && !this._again(answer, value, idempotencyKey)) {
        if (answer.status >= 400) throw new Refused(answer.status, value || {})
        if (!value || (check && !check(value))) throw new Unreachable(`${path}: not an answer of Tsuide`, answer.status)
        return value
      }
      const asked = answer ? retryAfter(answer.headers.get('retry-after')) : null
      const wait = this._random() * Math.min(2000, 100 * 2 ** (made - 1)) + (asked || 0)
      if (made >= this.attempts || Date.now() + wait > ends) {
        throw new Unreachable(`${path}: ${answer ? `HTTP ${answer.status}` : error.message}`, answer ? answer.status : null, error)
      }
      await this._sleep(wait)
    }
  }

  async _once(path, sent) {
    const stop = new AbortController()
    const timer = setTimeout(() => stop.abort(new Error('no answer in time')), this.timeout)
    try {
      const answer = await this._fetch(this.url + path, { ...sent, signal: stop.signal })
      const text = await answer.text()
      return { answer, value: read(text) }
    } catch (error) {
      return { error }
    } finally {
      clearTimeout(timer)
    }
  }

  /** Whether another try may change the answer; a conflict about the key says that the first one is still worked on. */
  _again(answer, value, idempotencyKey) {
    return AGAIN.has(answer.status) || (answer.status === 409 && idempotencyKey && value && value.key === 'Idempotency-Key')
  }
}

/** One message of the Segment spec; it needs customer_id or anonymous_id. */
export function message(type, who = {}, members = {}) {
  const { customer_id: userId, anonymous_id: anonymousId } = who
  if (!userId && !anonymousId) throw new TypeError('an event needs customer_id or anonymous_id')
  const known = { ...(userId && { userId }), ...(anonymousId && { anonymousId }) }
  return { type, messageId: newKey(), timestamp: new Date().toISOString(), ...known, ...members }
}

/** Milliseconds that the server asks to wait; null where it asks for none that can be read. */
export function retryAfter(text, now = Date.now()) {
  if (!text) return null
  if (/^\s*\d+\s*$/.test(text)) return Number(text) * 1000
  const moment = Date.parse(text)
  return Number.isNaN(moment) ? null : Math.max(0, moment - now)
}

const rest = (ms) => new Promise((done) => { setTimeout(done, ms) })
const read = (text) => { try { const value = JSON.parse(text); return value && typeof value === 'object' && !Array.isArray(value) ? value : null } catch { return null } }
const offered = (value) => typeof value.decision === 'string' && Array.isArray(value.offers)
const newKey = () => {
  if (globalThis.crypto && crypto.randomUUID) return crypto.randomUUID()
  if (globalThis.crypto) return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('')
  return Array.from({ length: 4 }, () => Math.random().toString(16).slice(2, 10).padStart(8, '0')).join('') // node 18 without the flag
}
