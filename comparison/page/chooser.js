"use strict";
{
  // The same function as Guide.choose; a test compares the two.
  const effect = (criterion, answer) => (answer ? criterion.yes : criterion.no);

  function score(criteria, name, answers) {
    return criteria
      .filter(({ id }) => id in answers)
      .map((each) => {
        const { for: supports, against } = effect(each, answers[each.id]);
        return each.weight * (supports.includes(name) - against.includes(name));
      })
      .reduce((sum, each) => sum + each, 0);
  }

  function best(names, scores) {
    const most = Math.max(...names.map((name) => scores[name]));
    return names.filter((name) => scores[name] === most);
  }

  function choose({ patterns, criteria, variants }, answers) {
    const scored = (names) =>
      Object.fromEntries(names.map((name) => [name, score(criteria, name, answers)]));
    const ofPatterns = scored(patterns.map(({ name }) => name));
    const ofVariants = scored(Object.keys(variants));
    if (![...Object.values(ofPatterns), ...Object.values(ofVariants)].some(Boolean)) return [];
    const chosen = best(Object.keys(ofPatterns), ofPatterns);
    return patterns
      .filter(({ name }) => chosen.includes(name))
      .flatMap((pattern) => best(pattern.variants, ofVariants));
  }

  function element(name, attributes, ...content) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...content);
    return made;
  }

  const list = (items) => element("ul", {}, ...items.map((item) => element("li", {}, ...item)));

  function said(data, answers, name, pattern) {
    const found = { for: [], against: [] };
    for (const each of data.criteria.filter(({ id }) => id in answers)) {
      const given = effect(each, answers[each.id]);
      for (const side of ["for", "against"])
        if (given[side].includes(name) || given[side].includes(pattern))
          found[side].push([`${each.question} ${answers[each.id] ? "Yes" : "No"}. `, each.why]);
    }
    return found;
  }

  function card(data, answers, name) {
    const pattern = data.patterns.find(({ variants }) => variants.includes(name));
    const { for: supports, against } = said(data, answers, name, pattern.name);
    const part = (title, items) =>
      items.length ? [element("h4", {}, title), list(items)] : [];
    const figures = data.variants[name].reasons.map(({ what, says, badges }) => [
      element("span", { class: "what" }, what),
      element("span", { class: "figures" }, says),
      ...badges.map(([slug, words]) => element("span", { class: `badge b-${slug}` }, words)),
    ]);
    const words = pattern.disadvantages.map(({ text, quoted }) => [quoted ? `“${text}”` : text]);
    return element(
      "article",
      { class: `card f-${pattern.name}`, "data-variant-chosen": name },
      element("h3", {}, name),
      element("p", {}, pattern.title),
      ...part("Your answers for it", supports),
      ...part("Your answers against it", against),
      ...part("What was found", figures),
      ...part("What the guide says against it", words),
    );
  }

  function tell(data, answers) {
    const found = choose(data, answers);
    found.sort((one, other) => data.variants[one].usd - data.variants[other].usd);
    const summary = {
      0: "Answer what matters to you; leave out what does not.",
      1: `Your answers lead to ${found[0]}.`,
    }[found.length] ?? `Your answers do not part ${found.join(", ")}: the cheapest comes first.`;
    return [summary, found.map((name) => card(data, answers, name))];
  }

  const data = JSON.parse(document.getElementById("comparison").textContent);
  const form = document.getElementById("questions");
  const outcome = document.getElementById("outcome");
  const pointer = form.querySelector(".pointer"); // where the outcome is far below

  function update() {
    const given = [...new FormData(form)].filter(([, value]) => value);
    const answers = Object.fromEntries(given.map(([id, value]) => [id, value === "yes"]));
    const [summary, cards] = tell(data, answers);
    outcome.querySelector(".summary").textContent = summary;
    outcome.querySelector(".cards").replaceChildren(...cards);
    pointer.hidden = cards.length === 0;
    pointer.querySelector("a").textContent = summary;
  }

  for (const answers of form.querySelectorAll(".answers")) answers.hidden = false;
  outcome.hidden = false;
  form.addEventListener("change", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  update();
}
