// The live view of `make run`: says Pay to its server, and shows what the services report of it.
(() => {
  "use strict";

  if (document.documentElement.dataset.live === undefined) return;

  const NAMES = {
    client: "Client",
    payments: "Payments",
    customer: "Customer",
    sales: "Sales",
    communication: "Communication",
  };
  const IS_DONE = new Set(["done", "reported", "completed"]);
  const CREATED = 201;
  // So that the eye can follow what was logged together.
  const BEAT_MS = 140;
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)");

  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };

  const time = (ms) => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(2)} s`);

  /** The page's diagram once more: it has no ids. */
  const diagram = (variant) =>
    document.querySelector(`figure.variant[data-variant="${variant}"] svg`)?.cloneNode(true);

  /** One variant: its diagram, the client's answer, and what happened when. */
  class Travel {
    constructor(variant, onStill) {
      this.onStill = onStill;
      const heading = element("h3", { id: `live-of-${variant}` }, variant);
      this.badge = element("p", { class: "live-badge" });
      this.picture = diagram(variant);
      this.timeline = element("ol", { class: "live-timeline", "aria-labelledby": heading.id });
      this.card = element("article", {
        class: `live-travel f-${variant.split("-")[0]}`,
        "data-variant": variant,
        "aria-labelledby": heading.id,
      });
      this.card.append(heading, this.badge);
      if (this.picture) this.card.append(element("div", { class: "live-diagram" }, this.picture));
      this.card.append(this.timeline);
      this.clear();
    }

    clear() {
      clearTimeout(this.timer);
      this.timer = 0;
      this.waiting = [];
      this.timeline.replaceChildren();
      this.badge.textContent = "";
      this.card.dataset.state = "still";
      for (const each of this.nodes("[data-service]")) delete each.dataset.state;
    }

    get isStill() {
      return !this.timer;
    }

    /** Steps are shown one after the other, the earliest first. */
    add(step) {
      this.waiting.push(step);
      this.waiting.sort((one, other) => one.ms - other.ms);
      if (!this.timer) this.next();
    }

    next() {
      this.timer = 0;
      const step = this.waiting.shift();
      if (!step) return this.onStill();
      this.show(step);
      this.timer = setTimeout(() => this.next(), isCalm.matches ? 0 : BEAT_MS);
    }

    show(step) {
      this.list(step);
      this.light(step);
      if (step.service === "client") this.tell(step);
    }

    list({ service, kind, what, ms, cold, status }) {
      const told = element("span", { class: "live-what" }, element("b", {}, NAMES[service] ?? service), ` ${what}`);
      if (status) told.append(" ", element("code", {}, status));
      if (cold) told.append(" ", element("small", {}, "cold start"));
      const item = element("li", { "data-ms": ms, "data-kind": kind, "data-service": service });
      item.append(element("span", { class: "live-ms" }, time(ms)), told);
      const later = [...this.timeline.children].find((each) => Number(each.dataset.ms) > ms);
      this.timeline.insertBefore(item, later ?? null);
      this.flash(item);
    }

    light({ service, kind, status }) {
      for (const node of this.nodes(`[data-service="${CSS.escape(service)}"]`)) {
        if (kind === "failed") node.dataset.state = "failed";
        else if (IS_DONE.has(kind) || status === CREATED) node.dataset.state = "done";
        else if (node.dataset.state !== "done") node.dataset.state = "active";
        this.flash(node);
      }
    }

    /** The client's view, which is the outcome. */
    tell({ kind, ms, status }) {
      if (kind === "sent") {
        this.card.dataset.state = "active";
        this.badge.textContent = "waiting";
      } else if (kind === "answered") {
        this.badge.textContent = `${status} after ${time(ms)}`;
        if (status === CREATED) this.card.dataset.state = "done";
      } else if (kind === "completed") {
        this.badge.textContent += `, done after ${time(ms)}`;
        this.card.dataset.state = "done";
      } else if (kind === "failed") {
        this.badge.textContent = `${status ?? "failed"} after ${time(ms)}`;
        this.card.dataset.state = "failed";
      }
    }

    nodes(selector) {
      return this.picture ? this.picture.querySelectorAll(selector) : [];
    }

    flash(node) {
      if (!isCalm.matches) node.animate([{ opacity: 0.2 }, { opacity: 1 }], { duration: 350, easing: "ease-out" });
    }
  }

  function start() {
    const section = document.getElementById("live");
    if (!section) return;
    const travels = new Map();
    let isUnderWay = false;

    const heading = element("h2", { id: "live-heading" }, "Watch one premium travel");
    const button = element("button", { type: "button", class: "live-pay" }, "Pay");
    const status = element("p", { class: "live-status", role: "status" }, "Connecting…");
    const grid = element("div", { class: "live-grid" });
    section.setAttribute("aria-labelledby", heading.id);
    section.replaceChildren(
      heading,
      element(
        "p",
        { class: "live-lead" },
        "Pay sends one premium through every variant of the local cloud at the same time. What you see is what the services log, and what their client is told.",
      ),
      element("div", { class: "live-controls" }, button, status),
      grid,
      element(
        "p",
        { class: "live-note" },
        "Times are since Pay, on this machine, where the variants also wait for each other. They say how a payment goes its way; they rank no channel.",
      ),
    );
    section.hidden = false;
    // Who serves the page like this has come for it.
    section.parentNode.prepend(section);
    document.querySelector("nav ul")?.prepend(element("li", {}, element("a", { href: "#live" }, "Live")));

    // Not disabled: that would take the focus from who has pressed it.
    const setReady = (isReady) => button.setAttribute("aria-disabled", String(!isReady));
    setReady(false);

    button.addEventListener("click", async () => {
      if (button.getAttribute("aria-disabled") === "true") return;
      setReady(false);
      try {
        const answer = await fetch("/pay", { method: "POST" });
        if (answer.ok) return;
        status.textContent = `Not paid: ${(await answer.json()).detail}.`;
      } catch {
        status.textContent = "Not paid: nobody answers. Is make run still up?";
      }
      setReady(!isUnderWay);
    });

    const events = new EventSource("/events");
    const on = (name, work) => events.addEventListener(name, ({ data }) => work(JSON.parse(data)));

    /** When all that happened is shown. */
    const settle = () => {
      if (isUnderWay || ![...travels.values()].every((each) => each.isStill)) return;
      setReady(true);
      status.textContent = "That was all. Pay again?";
    };

    on("variants", ({ variants }) => {
      if (variants.join() !== [...travels.keys()].join()) {
        travels.clear();
        for (const each of variants) travels.set(each, new Travel(each, settle));
        grid.replaceChildren(...[...travels.values()].map((each) => each.card));
      }
      status.textContent = variants.length ? "Ready." : "No variant is up.";
      setReady(variants.length > 0 && !isUnderWay);
    });
    on("pay", ({ policy, amount, period }) => {
      isUnderWay = true;
      setReady(false);
      for (const each of travels.values()) each.clear();
      status.textContent = `${amount} for policy ${policy}, ${period}, is on its way.`;
    });
    on("step", (step) => travels.get(step.variant)?.add(step));
    on("over", ({ variant, unread }) => {
      if (!unread) return;
      const travel = travels.get(variant);
      travel?.timeline.append(element("li", { "data-kind": "failed" }, element("span", { class: "live-what" }, unread)));
    });
    on("end", () => {
      isUnderWay = false;
      settle();
    });
    events.addEventListener("error", () => {
      setReady(false);
      status.textContent = "The connection is lost. Is make run still up?";
    });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
