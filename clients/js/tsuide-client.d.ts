export type Placement =
  | 'home' | 'category' | 'search' | 'product' | 'cart' | 'checkout' | 'confirmation'
  | 'account' | 'app' | 'email' | 'line' | 'rep' | 'till' | 'agent'
export type Kind = 'cross_sell' | 'up_sell' | 'down_sell' | 'alternative' | 'bundle' | 'filler' | 'replenish' | 'content'
export type Outcome = 'shown' | 'clicked' | 'accepted' | 'declined' | 'later' | 'purchased' | 'returned'
export type NoReason = 'have_it' | 'too_dear' | 'not_now' | 'not_for_me'
export type Hesitation = 'removed' | 'abandoned' | 'repeated_views' | 'stock_out' | 'price_objection' | 'budget'
export type Language = 'ja' | 'en'

export interface Options {
  /** Of the server; '' = the page's own. */
  url?: string
  /** An API key; in a page only one with the scope storefront. */
  key: string
  /** Milliseconds that one attempt may take; 2,500. */
  timeout?: number
  /** At most so many attempts; 3. */
  attempts?: number
  /** Milliseconds in all, waits included; 10,000. */
  patience?: number
  /** A failed call answers with nothing instead of throwing; true. */
  silent?: boolean
  /** Proves who is signed in; made by the shop's server. */
  customerToken?: string | null
  /** Of the texts; the shop's own when missing. */
  language?: Language | null
  fetch?: typeof fetch
  sleep?: (ms: number) => Promise<void>
  random?: () => number
  /** Hears what a silent client does not throw; console.warn. */
  onTrouble?: (error: Error) => void
}

export interface CartLine { product_id: string; quantity?: number; unit_price?: number }

export interface Asked {
  n?: number
  product_id?: string
  cart?: Array<string | CartLine>
  customer_id?: string
  anonymous_id?: string
  session_id?: string
  kinds?: Kind[]
  exclude?: string[]
  categories?: string[]
  budget?: number
  hesitation?: Hesitation[]
  slots?: Record<string, { n?: number; kinds?: Kind[] }>
  shown?: string[]
  goal?: string
  rep?: { id: string; qualifications?: string[]; needs?: string[] }
  free_shipping_at?: number
  language?: Language
  customerToken?: string
  idempotencyKey?: string
}

export interface Reason { code: string; text: string }
/** Prices are integers in the currency's minor unit. */
export interface Product {
  id: string; title: string; category: string[]; currency: string
  price: number | null; price_text: string | null; image: string | null; url: string | null
}
export interface Variant {
  product_id: string; title: string; name: string; attributes: Record<string, string>
  price: number | null; price_text: string | null; in_stock: boolean
}
export interface Item {
  product_id: string; title: string; quantity: number; price: number | null; price_text: string | null
  role: 'offered' | 'anchor' | 'required' | 'free'; variants: Variant[]
}
export interface Offer {
  id: string; decision: string; slot: string; place: number; kind: Kind; product: Product; anchor_id: string | null; replaces: string | null; items: Item[]
  price: number | null; price_text: string | null; list_price: number | null; list_price_text: string | null
  promotion_id: string | null; difference: number | null; difference_text: string | null
  reasons: Reason[]; act: 'offer' | 'hand_over'; pitch: string | null; expires_at: string | null
}
export interface SiteMessage {
  id: string
  title: string
  text: string
  decision: string | null
  offers: Offer[]
  expires_at: string
}

export interface Answer {
  /** '' where the server could not be asked. */
  decision: string
  placement: Placement
  /** holdout: nothing is shown, so that the effect can be measured. */
  arm: 'treated' | 'holdout'
  offers: Offer[]
  question: Reason | null
  notes: string[]
  warnings: string[]
  /** What a journey left for this visit; only for a customer who is proven to be this one. */
  message: SiteMessage | null
  trouble: Error | null
}
export interface Recorded { recorded: number; already: number; trouble: Error | null }
export interface Row { key: string; label: string; text: string }
export interface Acceptance {
  id: string; state: 'waiting' | 'accepted' | 'declined' | 'used' | 'expired'
  offer_id: string; decision: string; currency: string; total: number | null; taxes: Record<string, number>
  expires_at: string; rows: Row[]; note: string; missing: string[]; token: string | null; already: boolean; order_id: string | null
}
export interface Who { customer_id?: string | null; anonymous_id?: string | null }
export interface Message { type: string; messageId: string; timestamp: string; userId?: string; anonymousId?: string; [member: string]: unknown }

export const VERSION: string
export class Unreachable extends Error { status: number | null }
export class Refused extends Error { status: number; code: string; problem: Record<string, unknown> }

export class Tsuide {
  constructor(options: Options)
  /** What to propose here and now. */
  offers(placement: Placement, asked?: Asked): Promise<Answer>
  /** What became of an offer; only its id and decision are read. */
  tell(offer: Pick<Offer, 'id' | 'decision'>, outcome: Outcome, reason?: NoReason | null): Promise<Recorded>
  /** What became of a message that an answer brought; its offers count as shown with it. */
  tellMessage(message: SiteMessage, outcome: 'shown' | 'closed'): Promise<{ recorded: boolean; trouble: Error | null }>
  /** That the customer saw all offers of an answer. */
  shown(answer: Answer): Promise<Recorded>
  /** One event in the words of the Segment spec. */
  track(event: string, properties: Record<string, unknown>, who: Who): Promise<Recorded>
  identify(customerId: string, traits?: Record<string, unknown>, anonymousId?: string | null): Promise<Recorded>
  send(messages: Message[]): Promise<Recorded>
  /** Throws when it fails, silent or not. */
  askYes(
    offer: Pick<Offer, 'id' | 'decision'>,
    asked?: { quantity?: number; include?: string[]; variants?: Record<string, string>; language?: Language; idempotency_key?: string },
  ): Promise<Acceptance>
  look(token: string, language?: Language | null): Promise<Acceptance>
  confirm(token: string, language?: Language | null): Promise<Acceptance>
  decline(token: string, reason?: NoReason | null): Promise<Acceptance>
  later(token: string): Promise<Acceptance>
}

export function message(type: string, who: Who, members?: Record<string, unknown>): Message
export function retryAfter(text: string | null, now?: number): number | null
