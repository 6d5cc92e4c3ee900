// Asks the API for offers, shows them, and says what became of each. Without it the shop still works: it just
// offers nothing. Every slot of a page is asked for in one call.

const page = document.body.dataset;
const words = JSON.parse(document.getElementById("offer-words").textContent);
const card = document.getElementById("offer-card");

async function call(path, body, keepalive = false) {
  const answer = await fetch(path, {
    method: "POST",
    keepalive,
    headers: { "Content-Type": "application/json", "X-Api-Key": page.key },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

function tell(decision, offer, outcome, reason) {
  const said = reason ? { offer_id: offer, outcome, reason } : { offer_id: offer, outcome };
  // a lost report must never disturb a customer
  return call(`/v1/offers/${encodeURIComponent(decision)}/outcomes`, { outcomes: [said] }, true).catch(() => {});
}

function drawn(offer, decision) {
  const item = card.content.firstElementChild.cloneNode(true);
  const [glyph, tint] = lookOf(offer.product.category);
  item.dataset.offer = offer.id;
  const link = item.querySelector("[data-link]");
  link.href = `${words.base}/p/${encodeURIComponent(offer.product.id)}`;
  link.addEventListener("click", () => tell(decision, offer.id, "clicked"));
  const tile = item.querySelector("[data-tile]");
  tile.classList.add(tint);
  tile.querySelector("use").setAttribute("href", `${words.base}/static/tiles.svg#${glyph}`);
  item.querySelector("[data-kind]").textContent = words.kinds[offer.anchor_id === null && offer.kind === "cross_sell" ? "popular" : offer.kind] ?? "";
  item.querySelector("[data-title]").textContent = offer.product.title;
  const together = offer.items.filter((each) => each.product_id !== offer.product.id && each.role !== "required");
  const beside = item.querySelector("[data-with]");
  beside.textContent = together.map((each) => `+ ${each.title}`).join(" ");
  beside.hidden = !together.length;
  const before = item.querySelector("[data-list]");
  before.textContent = offer.list_price_text ?? "";
  before.hidden = !offer.list_price_text;
  item.querySelector("[data-price]").textContent = offer.price_text ?? words.ask_price;
  item.querySelector("[data-difference]").textContent = offer.difference_text ?? "";
  const reason = item.querySelector("[data-reason]");
  reason.textContent = offer.reasons[0]?.text ?? "";
  reason.title = offer.reasons.map((each) => each.text).join("\n");

  const form = item.querySelector("[data-add]");
  form.elements.product.value = offer.product.id;
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

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting) {
      seen.unobserve(entry.target);
      tell(entry.target.dataset.decision, entry.target.dataset.offer, "shown");
    }
  }
}, { threshold: 0.5 });

async function fill(slots) {
  const answer = await call("/v1/offers", JSON.parse(slots.dataset.ask));
  for (const slot of slots.querySelectorAll("[data-slot]")) {
    const offers = answer.offers.filter((offer) => (offer.slot || slot.dataset.slot) === slot.dataset.slot);
    if (!offers.length) continue;
    const list = slot.querySelector("ul");
    for (const offer of offers) {
      const item = drawn(offer, answer.decision);
      item.dataset.decision = answer.decision;
      list.append(item);
    }
    slot.hidden = false;
    for (const item of list.children) seen.observe(item);
  }
  slots.dataset.state = answer.offers.length ? "shown" : "silent";
  slots.dataset.arm = answer.arm;
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
