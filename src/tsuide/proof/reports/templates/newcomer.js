// What the page adds where scripts run: sorting, filtering, folding, definitions on hover, the estimate, live charts.
// Without it the page is whole: tables are complete, charts are drawn, definitions open on click.
(() => {
  "use strict";
  const settings = JSON.parse(document.getElementById("settings").textContent);
  const say = (key, blanks = {}) =>
    settings.words[key].replace(/\{(\w+)\}/g, (_, name) => String(blanks[name]));
  const FOLDED = 10;
  const number = new Intl.NumberFormat(settings.language);
  const collator = new Intl.Collator(settings.language, { numeric: true });

  // ---- tables
  const textOf = (cell) => cell.dataset.sort ?? cell.textContent.trim();
  const compare = (a, b) => {
    const [x, y] = [Number(a), Number(b)];
    return a !== "" && b !== "" && !Number.isNaN(x) && !Number.isNaN(y) ? x - y : collator.compare(a, b);
  };

  for (const table of document.querySelectorAll("table.sortable")) {
    const body = table.tBodies[0];
    const state = { query: "", open: false };
    const rows = () => [...body.rows];
    const live = document.createElement("span");
    live.setAttribute("role", "status");
    live.className = "small";

    const show = () => {
      let shown = 0;
      for (const row of rows()) {
        const fits = row.textContent.toLocaleLowerCase().includes(state.query);
        const folded = fits && !state.open && state.query === "" && shown >= FOLDED;
        row.classList.toggle("hidden", !fits);
        row.classList.toggle("folded", folded);
        row.hidden = folded;
        if (fits && !folded) shown += 1;
      }
      return shown;
    };

    table.querySelectorAll("th").forEach((head, column) => {
      const label = head.querySelector(".label");
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.textContent = label.textContent;
      button.title = say("sort_by", { label: label.textContent });
      label.replaceWith(button);
      button.addEventListener("click", () => {
        const numeric = head.classList.contains("number");
        const before = head.getAttribute("aria-sort");
        const order = before ? (before === "ascending" ? "descending" : "ascending") : numeric ? "descending" : "ascending";
        table.querySelectorAll("th").forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", order);
        const sign = order === "ascending" ? 1 : -1;
        const sorted = rows().sort((a, b) => sign * compare(textOf(a.cells[column]), textOf(b.cells[column])));
        body.append(...sorted);
        show();
      });
    });

    if (rows().length > FOLDED) {
      const tools = document.createElement("div");
      tools.className = "tools";
      const input = document.createElement("input");
      input.type = "search";
      input.placeholder = say("filter");
      input.setAttribute("aria-label", `${table.caption.textContent}: ${say("filter")}`);
      input.addEventListener("input", () => {
        state.query = input.value.trim().toLocaleLowerCase();
        live.textContent = say("shown_rows", { count: number.format(show()) });
        more.hidden = state.query !== "";
      });
      tools.append(input, live);
      table.before(tools);

      const more = document.createElement("p");
      more.className = "more";
      const button = document.createElement("button");
      button.type = "button";
      button.className = "plainbutton";
      const label = () => {
        button.textContent = state.open
          ? say("show_less")
          : say("show_all", { count: number.format(rows().length) });
        button.setAttribute("aria-expanded", String(state.open));
      };
      button.addEventListener("click", () => {
        state.open = !state.open;
        show();
        label();
      });
      label();
      more.append(button);
      table.after(more);
      show();
    }
  }

  // ---- definitions: on hover and focus beside their button; Escape closes them (popover does)
  for (const button of document.querySelectorAll(".what")) {
    const meaning = document.getElementById(button.getAttribute("popovertarget"));
    if (!meaning?.showPopover) continue;
    const place = () => {
      meaning.classList.add("placed");
      const at = button.getBoundingClientRect();
      const box = meaning.getBoundingClientRect();
      const left = Math.max(16, Math.min(at.left, document.documentElement.clientWidth - box.width - 16));
      const below = at.bottom + 8 + box.height < window.innerHeight;
      meaning.style.left = `${left}px`;
      meaning.style.top = `${Math.max(8, below ? at.bottom + 8 : at.top - box.height - 8)}px`;
    };
    const open = () => {
      if (!meaning.matches(":popover-open")) meaning.showPopover();
      place();
    };
    let timer = 0;
    const close = () => {
      if (meaning.matches(":popover-open") && document.activeElement !== button) meaning.hidePopover();
    };
    const later = () => { timer = window.setTimeout(close, 200); };
    button.addEventListener("mouseenter", () => { window.clearTimeout(timer); open(); });
    button.addEventListener("focus", open);
    button.addEventListener("click", (event) => { event.preventDefault(); open(); });
    button.addEventListener("mouseleave", later);
    meaning.addEventListener("mouseenter", () => window.clearTimeout(timer));
    meaning.addEventListener("mouseleave", later);
    button.addEventListener("blur", () => { if (meaning.matches(":popover-open")) meaning.hidePopover(); });
  }

  // ---- the estimate: exact integers, as in Python
  const form = document.getElementById("worth-form");
  const scaled = (text, digits) => {
    const found = /^(\d+)(?:\.(\d*))?$/.exec(text.trim());
    if (!found) return null;
    const part = (found[2] ?? "").padEnd(digits, "0");
    return /^0*$/.test(part.slice(digits)) ? BigInt(found[1] + part.slice(0, digits)) : null;
  };
  const money = (minor) => {
    const digits = settings.digits;
    const text = String(minor).padStart(digits + 1, "0");
    const value = digits ? `${text.slice(0, -digits)}.${text.slice(-digits)}` : text;
    return new Intl.NumberFormat(settings.language, { style: "currency", currency: settings.currency, currencyDisplay: "symbol" }).format(value);
  };
  const monthly = (orders, fits, yes, amount) => {
    const unit = 100000000n;
    return (2n * orders * fits * yes * amount + unit) / (2n * unit);
  };
  const estimate = () => {
    const field = (name) => document.getElementById(`w-${name}`);
    const orders = scaled(field("orders").value, 0);
    const fits = scaled(field("fits").value, 2);
    const yes = scaled(field("yes").value, 2);
    const amount = scaled(field("amount").value, settings.digits);
    const known = [orders, fits, yes, amount].every((value) => value !== null) && fits <= 10000n && yes <= 10000n;
    document.getElementById("w-month").textContent = known ? money(monthly(orders, fits, yes, amount)) : "–";
    if (!known) return;
    for (const row of document.querySelectorAll("#worth-table tbody tr")) {
      const share = BigInt(row.cells[0].dataset.sort);
      row.cells[1].querySelector(".main").textContent = money(monthly(orders, fits, share, amount));
    }
  };
  form.addEventListener("input", estimate);
  form.addEventListener("submit", (event) => event.preventDefault());

  // ---- where one is
  const links = new Map([...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]));
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      links.forEach((link) => link.removeAttribute("aria-current"));
      links.get(entry.target.id)?.setAttribute("aria-current", "location");
    }
  }, { rootMargin: "-20% 0px -70% 0px" });
  document.querySelectorAll("main > section").forEach((section) => seen.observe(section));

  // ---- charts come alive: full width, figures on hover
  const draw = async (figure) => {
    const spec = JSON.parse(figure.querySelector(".spec").textContent);
    const drawing = figure.querySelector(".drawing");
    const live = document.createElement("div");
    live.className = "live";
    const width = drawing.clientWidth;
    drawing.append(live);
    try {
      await window.vegaEmbed(live, { ...spec, width }, {
        ast: true, renderer: "svg", actions: false, defaultStyle: false,
        tooltip: { theme: "custom" },
      });
      live.querySelector("svg").setAttribute("aria-hidden", "true");
      drawing.querySelectorAll(".wide, .narrow").forEach((still) => still.classList.add("hidden"));
      drawing.querySelectorAll(".live").forEach((old) => { if (old !== live) old.remove(); });
      figure.dataset.width = String(width);
    } catch (error) {
      live.remove(); // the still drawing stays
      console.error(error);
    }
  };
  if (window.vegaEmbed) {
    const figures = [...document.querySelectorAll("figure.chart")];
    const drawAll = async () => {
      for (const figure of figures) {
        if (figure.dataset.width !== String(figure.querySelector(".drawing").clientWidth)) await draw(figure);
      }
      document.documentElement.dataset.ready = "yes";
    };
    let timer = 0;
    window.addEventListener("resize", () => { window.clearTimeout(timer); timer = window.setTimeout(drawAll, 150); });
    drawAll();
  } else {
    document.documentElement.dataset.ready = "yes";
  }
})();
