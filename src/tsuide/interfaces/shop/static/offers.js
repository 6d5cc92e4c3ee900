// Asks the API for offers, shows them, and says what became of each. Without it the shop still works: it just
// offers nothing. Every slot of a page is asked for in one call.

import { Tsuide } from "/widget/tsuide-client.js";

const page = document.body.dataset;
const words = JSON.parse(document.getElementById("offer-words").textContent);
const card = document.getElementById("offer-card");
const notice = document.getElementById("site-message");
const frame = document.getElementById("offer-look");

// one attempt more, soon, and then the page goes on without offers
const asking = (key) =>
  new Tsuide({ url: words.api, key, customerToken: page.customerToken || null, attempts: 2, patience: 5000 });
const shop = asking(page.key);

// a lost report must never disturb a customer: the client is silent
const tell = (decision, offer, outcome, reason) => shop.tell({ id: offer, decision }, outcome, reason);

function drawn(offer, decision) {
  const item = card.content.firstElementChild.cloneNode(true);
  const [glyph, tint] = lookOf(offer.product.category);
  item.dataset.offer = offer.id;
  const link = item.querySelector("[data-link]");
  link.href = `${words.base}/p/${encodeURIComponent(offer.product.id)}`;
  link.addEventListener("click", () => tell(decision, offer.id, "clicked"));
  const tile = item.querySelector("[data-tile]");
  tile.classList.add(tint);
  if (offer.product.image) {
    tile.replaceChildren(Object.assign(document.createElement("img"), { src: offer.product.image, alt: "", width: 240, height: 180 }));
  } else tile.querySelector("use").setAttribute("href", `${words.base}/static/tiles.svg#${glyph}`);
  // a set of which all but one thing lies before the visitor already is one thing that goes with it
  const several = offer.items.filter((each) => each.role !== "required" && each.role !== "anchor").length > 1;
  const shownKind = offer.kind === "bundle" && !several ? "cross_sell" : offer.kind;
  item.querySelector("[data-kind]").textContent = words.kinds[offer.anchor_id === null && offer.kind === "cross_sell" ? "popular" : shownKind] ?? "";
  item.querySelector("[data-title]").textContent = offer.product.title;
  const together = offer.items.filter((each) => each.product_id !== offer.product.id && each.role !== "required");
  const beside = item.querySelector("[data-with]");
  beside.textContent = together.map((each) => `+ ${each.title}`).join(" ");
  beside.hidden = !together.length;
  const before = item.querySelector("[data-list]");
  before.textContent = offer.list_price_text ?? "";
  before.hidden = !offer.list_price_text;
  const needed = offer.items.filter((each) => each.role === "required");
  item.querySelector("[data-price]").textContent = offer.price === 0 ? words.read_free : offer.price_text ?? words.ask_price;
  item.querySelector("[data-difference]").textContent = offer.difference_text ?? "";
  const reason = item.querySelector("[data-reason]");
  reason.textContent = offer.pitch ?? offer.reasons[0]?.text ?? "";
  for (const each of needed) {
    reason.append(document.createElement("br"), words.required.replace("{title}", `${each.title} ${each.price_text ?? ""}`));
  }
  reason.title = offer.reasons.map((each) => each.text).join("\n");

  const form = item.querySelector("[data-add]");
  form.hidden = offer.price === 0; // something to read is not bought
  form.elements.product.value = offer.product.id;
  const sizes = sizesOf(offer);
  if (sizes) form.elements.product.replaceWith(sizes);
  form.elements.offer.value = offer.id;
  form.elements.decision.value = decision;
  form.querySelector("button").setAttribute("aria-label", words.add_named.replace("{title}", offer.product.title));
  form.addEventListener("submit", () => tell(decision, offer.id, "accepted"));

  const no = item.querySelector(".no");
  no.querySelector("summary").setAttribute("aria-label", words.no_thanks_named.replace("{title}", offer.product.title));
  for (const button of no.querySelectorAll("[data-no]")) {
    button.addEventListener("click", async () => {
      await tell(decision, offer.id, "declined", button.dataset.no);
      item.replaceChildren(Object.assign(document.createElement("p"), { textContent: words.dismissed, role: "status" }));
      item.classList.add("gone");
    });
  }
  return item;
}

// its sizes and colours: the one that is chosen goes into the cart
function sizesOf(offer) {
  const own = offer.items.find((each) => each.product_id === offer.product.id);
  if (!own || own.variants.length < 2) return null;
  const list = Object.assign(document.createElement("select"), { name: "product" });
  list.setAttribute("aria-label", words.size_named.replace("{title}", offer.product.title));
  for (const each of own.variants) {
    const said = [each.name, each.price !== own.price && each.price_text, !each.in_stock && words.sold_out];
    const one = new Option(said.filter(Boolean).join(" · "), each.product_id, false, each.product_id === offer.product.id);
    one.disabled = !each.in_stock;
    list.append(one);
  }
  return list;
}

// where an offer stands: the pieces of a look together, below its one picture
function roomFor(list, look) {
  if (!look) return list;
  let whole = [...list.children].find((each) => each.dataset.look === look.id);
  if (!whole) {
    whole = frame.content.firstElementChild.cloneNode(true);
    whole.dataset.look = look.id;
    if (look.image) whole.querySelector("img").src = look.image;
    else whole.querySelector("img").remove();
    whole.querySelector("p").textContent = look.title;
    whole.querySelector("ul").setAttribute("aria-label", look.title);
    list.append(whole);
  }
  return whole.querySelector("ul");
}

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting) {
      seen.unobserve(entry.target);
      tell(entry.target.dataset.decision, entry.target.dataset.offer, "shown");
    }
  }
}, { threshold: 0.5 });

// what a journey left for this visit: before everything else, until it is closed
function left(message) {
  const whole = notice.content.firstElementChild.cloneNode(true);
  whole.querySelector("[data-title]").textContent = message.title;
  const text = whole.querySelector("[data-text]");
  text.textContent = message.text;
  text.hidden = !message.text;
  const list = whole.querySelector("ul");
  for (const offer of message.offers) roomFor(list, offer.look).append(drawn(offer, message.decision));
  list.hidden = !message.offers.length;
  whole.querySelector("[data-close]").addEventListener("click", () => {
    shop.tellMessage(message, "closed");
    whole.remove();
    document.getElementById("main").focus();
  });
  const once = new IntersectionObserver(([entry]) => {
    if (!entry.isIntersecting) return;
    once.disconnect();
    shop.tellMessage(message, "shown");
  });
  once.observe(whole.querySelector("[data-title]"));
  return whole;
}

const LATE = 2000; // ms, as in shop.css: after that what stands below is being read, and must not move

const wouldMove = (slots) => {
  const next = slots.nextElementSibling;
  return performance.now() - began > LATE && next !== null && next.getBoundingClientRect().top < innerHeight;
};
const began = performance.now();

async function fill(slots) {
  const { placement, ...asked } = JSON.parse(slots.dataset.ask);
  const client = slots.dataset.key ? asking(slots.dataset.key) : shop; // the sales desk has a key of its own
  const answer = await client.offers(placement, asked);
  if (answer.trouble) throw answer.trouble;
  slots.dataset.arm = answer.arm;
  if (wouldMove(slots)) {
    slots.dataset.state = "late";
    return;
  }
  if (answer.message) slots.prepend(left(answer.message));
  for (const slot of slots.querySelectorAll("[data-slot]")) {
    const offers = answer.offers.filter((offer) => (offer.slot || slot.dataset.slot) === slot.dataset.slot);
    if (!offers.length) continue;
    const list = slot.querySelector("ul");
    for (const offer of offers) {
      const item = drawn(offer, answer.decision);
      item.dataset.decision = answer.decision;
      roomFor(list, offer.look).append(item);
    }
    slot.hidden = false;
    for (const item of list.querySelectorAll(".offer")) seen.observe(item);
  }
  slots.dataset.state = answer.offers.length || answer.message ? "shown" : "silent";
  if (!answer.offers.length && "tells" in slots.dataset) {
    slots.append(Object.assign(document.createElement("p"), { className: "quiet", textContent: answer.arm === "holdout" ? words.holdout : words.silent }));
  }
}

// the drawing of a product: the table and the order of search that the server uses (looks.py)
function lookOf(category) {
  for (const name of [...category].reverse()) {
    const folded = `${name.toLowerCase()} `;
    const found = words.looks.find(([word]) => folded.includes(word));
    if (found) return found[1];
  }
  return words.plain;
}

for (const slots of document.querySelectorAll("[data-ask]")) {
  fill(slots).catch((problem) => {
    slots.dataset.state = "away";
    console.warn("offers:", problem.message);
  });
}

// who looks at the same thing again and again hesitates: the shop tells what was looked at, unless the browser forbids it
if (navigator.doNotTrack !== "1" && !navigator.globalPrivacyControl) {
  for (const { dataset } of document.querySelectorAll("[data-ask]")) {
    const { placement, product_id, anonymous_id, customer_id } = JSON.parse(dataset.ask);
    if (placement === "product") shop.track("Product Viewed", { product_id }, customer_id ? { customer_id } : { anonymous_id });
  }
}

// one open menu at a time; Escape closes
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
