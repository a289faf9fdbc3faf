// Damage the images: of which kind, how strongly; the network answers them all again.

import { fill, h, number, percent, withMinus } from "../../ui/dom.js";

/** Make the panel. `plain` are the images as they are; `open(damage)` fetches them damaged, and
 * `onImages(images)` is given those that are to be shown. `memory.damage` keeps what was chosen. */
export function makeDamage({ plain, memory, open, onImages }) {
  const kinds = new Map(plain.damages.map((kind) => [kind.name, kind]));
  const chips = [...kinds.keys()].map((name) => h("button", {
    class: "chip", type: "button", "data-damage": name,
    onclick: () => choose(memory.damage?.name === name ? null : { name, strength: startOf(kinds.get(name).levels) }),
  }, name));
  const strength = h("output", { class: "damage-strength", for: "damage-strength" });
  const slider = h("input", {
    id: "damage-strength", type: "range", min: 0, step: 1,
    oninput: () => write(chosenStrength()), onchange: () => choose({ ...memory.damage, strength: chosenStrength() }),
  });
  const away = h("button", { class: "button", type: "button", onclick: takeAway }, "Take the damage away");
  const knob = h("div", { class: "damage-knob" },
    h("label", { class: "damage-label", for: "damage-strength" }, "How strongly", strength), slider, away);
  const told = h("p", { class: "damage-told", role: "status" });
  const element = h("div", { class: "damage" },
    h("div", { class: "chips", role: "group", "aria-label": "Kind of damage" }, chips), knob, told);
  let [isAsking, isStopped] = [false, false];

  function chosenStrength() {
    return kinds.get(memory.damage.name).levels[slider.value];
  }

  function write(level) {
    const text = `${strengthText(level)} ${kinds.get(memory.damage.name).unit}`;
    fill(strength, h("b", {}, strengthText(level)), ` ${kinds.get(memory.damage.name).unit}`);
    slider.setAttribute("aria-valuetext", text);
  }

  function choose(damage) {
    memory.damage = damage;
    for (const chip of chips) chip.setAttribute("aria-pressed", String(chip.dataset.damage === damage?.name));
    knob.hidden = !damage;
    if (damage) {
      const { levels } = kinds.get(damage.name);
      slider.max = levels.length - 1;
      slider.value = levels.indexOf(damage.strength);
      write(damage.strength);
    }
    if (damage?.strength) follow();
    else show(plain);
  }

  function takeAway() {
    const chip = chips.find((one) => one.dataset.damage === memory.damage.name);
    choose(null);
    chip.focus(); // where the button was, nothing is any more
  }

  /** Ask one question at a time; of what is chosen meanwhile only the last is asked. */
  async function follow() {
    tell(`The network answers ${number(plain.shown)} damaged images; until then the page stays as it was …`, true);
    if (isAsking) return;
    isAsking = true;
    let asked = null;
    while (!isStopped && memory.damage?.strength && asked !== memory.damage) {
      asked = memory.damage;
      try {
        const images = await open(asked);
        if (!isStopped && asked === memory.damage) show(images);
      } catch (error) {
        if (asked === memory.damage) tell(error.message, false);
      }
    }
    isAsking = false;
  }

  function show(images) {
    onImages(images);
    const before = percent(rightOf(plain));
    if (!images.damage) tell(`As they are, it has ${before} of them right. Choose a damage, and it answers all of them again.`, false);
    else tell(["Damaged, it has ", h("b", { "data-is": "damaged" }, percent(rightOf(images))), ` of these images right, undamaged ${before}.`], false);
  }

  function tell(text, isBusy) {
    element.setAttribute("aria-busy", String(isBusy));
    fill(told, text);
  }

  return {
    element,
    begin() {
      if (memory.damage?.strength) onImages(plain); // until the damaged ones are there
      choose(memory.damage);
    },
    stop: () => { isStopped = true; },
  };
}

/** Half way from none to the strongest, of the strengths that are measured. */
function startOf(levels) {
  return levels[Math.round((levels.indexOf(0) + levels.length - 1) / 2)];
}

const rightOf = (images) => 1 - images.mistakes / images.shown;
const strengthText = (level) => withMinus(level, Number.isInteger(level) ? 0 : String(level).split(".")[1].length);
