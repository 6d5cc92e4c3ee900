// The JavaScript client's patience, with a server, waits and dice of its own: `node --test`.
import assert from 'node:assert/strict'
import test from 'node:test'
import { Refused, Tsuide, Unreachable, message, retryAfter } from '../../clients/js/tsuide-client.js'

const ANSWER = { decision: 'dec_1', placement: 'home', arm: 'treated', offers: [{ id: 'dec_1.0' }], notes: [], warnings: [] }
const say = (status, body = ANSWER, headers = {}) => () => new Response(JSON.stringify(body), { status, headers })
const broken = () => { throw new TypeError('refused') }

function talk(script, options = {}) {
  const sent = [], waited = [], troubles = []
  const shop = new Tsuide({
    url: 'http://tsuide.test/', key: 'tsk_x', random: () => 1, sleep: async (ms) => { waited.push(ms) },
    onTrouble: (error) => troubles.push(error),
    fetch: async (url, init) => { sent.push({ url, ...init }); return script[Math.min(sent.length, script.length) - 1](init) },
    ...options,
  })
  return { shop, sent, waited, troubles }
}

test('a busy server is asked again after the wait it wants', async () => {
  const { shop, sent, waited } = talk([say(429, {}, { 'Retry-After': '3' }), say(503), say(200)])
  const answer = await shop.offers('home', { cart: ['tea', { product_id: 'cup', quantity: 2 }] })
  assert.equal(answer.offers[0].decision, 'dec_1')
  assert.deepEqual(waited, [3100, 200])
  assert.equal(new Set(sent.map((each) => each.body)).size, 1)
  assert.deepEqual(JSON.parse(sent[0].body), { placement: 'home', cart: [{ product_id: 'tea' }, { product_id: 'cup', quantity: 2 }] })
  assert.equal(sent[0].url, 'http://tsuide.test/v1/offers')
})

test('a silent client answers with nothing and says why', async () => {
  const { shop, sent, troubles } = talk([broken])
  const answer = await shop.offers('product', { product_id: 'cam-a' })
  assert.deepEqual([answer.offers, answer.placement, sent.length], [[], 'product', 3])
  assert.ok(answer.trouble instanceof Unreachable)
  assert.equal(troubles.length, 1)
})

test('a client that is not silent throws', async () => {
  const { shop } = talk([say(404, { code: 'unknown-decision', detail: 'no such decision' })], { silent: false })
  await assert.rejects(shop.offers('home'), (error) => error instanceof Refused && error.code === 'unknown-decision')
})

for (const status of [400, 401, 403, 404, 409, 422]) {
  test(`a refusal (${status}) is not repeated`, async () => {
    const { shop, sent } = talk([say(status, { code: 'no' })])
    assert.ok((await shop.offers('home')).trouble instanceof Refused)
    assert.equal(sent.length, 1)
  })
}

test('a wait beyond patience is not waited', async () => {
  const { shop, waited } = talk([say(503, {}, { 'Retry-After': '3600' })])
  assert.ok((await shop.offers('home')).trouble instanceof Unreachable)
  assert.deepEqual(waited, [])
})

test('a server that says nothing is given up in time', async () => {
  const never = (init) => new Promise((_, fail) => init.signal.addEventListener('abort', () => fail(init.signal.reason)))
  const { shop, sent } = talk([never], { timeout: 20, attempts: 2 })
  assert.match((await shop.offers('home')).trouble.message, /no answer in time/)
  assert.equal(sent.length, 2)
})

for (const body of ['<html>', [], null, { decision: 'd' }]) {
  test(`what is no answer of Tsuide breaks no page: ${JSON.stringify(body)}`, async () => {
    const { shop } = talk([say(200, body)])
    assert.ok((await shop.offers('home')).trouble instanceof Unreachable)
  })
}

test('a yes is asked for once however often it is sent, and its failure is thrown', async () => {
  const working = { code: 'conflict', key: 'Idempotency-Key' }
  const { shop, sent } = talk([broken, say(409, working), say(200, { id: 'acc_1', state: 'accepted' }), say(409, { detail: 'declined' })])
  assert.equal((await shop.confirm('t/1')).state, 'accepted')
  assert.equal(new Set(sent.map((each) => each.headers['Idempotency-Key'])).size, 1)
  assert.match(sent[0].url, /acceptances\/t%2F1\/confirm$/)
  await assert.rejects(shop.confirm('t'), Refused)
})

test("a customer's token goes into its header", async () => {
  const { shop, sent } = talk([say(200)], { customerToken: 'signed' })
  await shop.offers('home', { customer_id: 'c1', idempotencyKey: 'mine' })
  assert.deepEqual([sent[0].headers['X-Customer-Token'], sent[0].headers['Idempotency-Key']], ['signed', 'mine'])
})

test('outcomes and events may outlive the page', async () => {
  const { shop, sent } = talk([say(200, { recorded: 1, already: 0 })])
  assert.deepEqual(await shop.tell({ id: 'd.0', decision: 'd' }, 'declined', 'too_dear'), { recorded: 1, already: 0, trouble: null })
  await shop.track('Product Viewed', { product_id: 'cam-a' }, { customer_id: 'c1' })
  assert.ok(sent.every((each) => each.keepalive))
  assert.throws(() => message('track', {}), TypeError)
})

test('Retry-After in seconds and as a date', () => {
  assert.equal(retryAfter('7'), 7000)
  assert.equal(retryAfter('Thu, 01 Jan 2026 00:00:09 GMT', Date.UTC(2026, 0, 1)), 9000)
  assert.equal(retryAfter('soon'), null)
})
