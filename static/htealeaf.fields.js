/*
 * Fields: what a person typed or chose is theirs until it is sent, reset, or left as it was. Pages
 * with controls, or with text that can be edited, have this part of the shim.
 */
  fields: {
    /** @param {any} control @returns {any[]} those of the same name in the same form */
    const group = (api.group = ({ name, form }) =>
      [...document.getElementsByName(name)].filter((/** @type {any} */ other) => other.form === form));

    /** What a person may change, and the server's word on it. */
    const STATES = [
      ["value", "defaultValue"],
      ["checked", "defaultChecked"],
      ["selected", "defaultSelected"],
    ];

    /** What is in a person's hands, with the server's word that it was about. @type {Map<any, any>} */
    const touched = (api.touched = before?.touched || new Map());

    /** What a control lets choose from; nothing for another one. @param {any} el @returns {any[]} */
    const choices = (el) =>
      /^select/.test(el.type) ? [...el.options] : el.type === "radio" ? group(el) : el.type === "checkbox" ? [el] : [];

    /** What tells a choice from others: "on" is the value of all that have none. @param {any} part */
    const mark = (part) => (part.value === "on" ? (part.htMark ||= "on" + Math.random()) : part.value);

    /**
     * The server's word on a control, or with 0 what it shows; undefined for what is no control.
     * @param {any} el @param {number} [at] as in `STATES` @returns {any}
     */
    const word = (el, at = 1) =>
      choices(el)[0]
        ? choices(el)
            .filter((part) => part[STATES[2][at]] ?? part[STATES[1][at]])
            .map(mark)
            .join("\n")
        : at
          ? (safe(el).defaultValue ?? el.htText)
          : // What is half typed, in a field for a date, has no value.
            el.validity?.badInput || (safe(el).value ?? safe(el).innerHTML);

    /** @param {any} el */
    const isText = (el) => !choices(el)[0] && el.type !== "file" && word(el) !== undefined;

    /** @param {any} el */
    const isTyping = (el) => el === document.activeElement && isText(el);

    /** Whether a person has it in hand, itself or in its group. @param {any} el */
    const isTheirs = (el) => [...touched.keys()].some((other) => [other, ...choices(other)].includes(el));

    /** Choose again what was chosen. @param {any} el @param {string} value what it showed */
    const choose = (el, value) => {
      for (const part of choices(el))
        part["selected" in part ? "selected" : "checked"] = value.split("\n").includes(mark(part));
    };

    /** Show the server's word. @param {any} el */
    restore = (el) => {
      if (el.htText !== undefined) {
        el.innerHTML = trusted.createHTML(el.htText);
        learn(el);
      }
      for (const part of [el, ...choices(el)]) {
        for (const [name, said] of STATES)
          // To set a box's value would be to set its attribute.
          if (said in part && (name < "v" || isText(part))) part[name] = part[said];
        touched.delete(part);
        safe(part).removeAttribute("ht-newer");
        safe(part).removeAttribute("ht-dirty");
      }
    };

    /** Leave what is a person's behind, for another page. What is kept is a script's. */
    api.forget = () => touched.forEach((_, el) => safe(el).closest("[ht-keep]") || restore(el));

    /** Give back what a person has left as it was, and tell where the server's word is newer. */
    const settle = (/** @type {any} */ left) =>
      touched.forEach((about, el) => {
        const said = word(el);
        const shown = word(el, 0);
        if (!safe(el).isConnected || ((left || !isTyping(el)) && (shown === said || shown === about))) restore(el);
        else {
          safe(el).toggleAttribute("ht-newer", said !== about && said !== shown);
          safe(el).toggleAttribute("ht-dirty", said !== shown);
        }
      });

    /** Learn of a text that can be edited. @param {any} el */
    const learnText = (el) => {
      if (!/^(false|undefined)$/.test(el.htSaid?.contenteditable)) el.htText = el.innerHTML;
    };

    const learned = learn;
    learn = (node) => {
      learned(node);
      learnText(node);
    };

    // Of what has no id: the things that can be chosen in it.
    const known = key;
    key = (node, loose) => {
      const name = known(node);
      const own = safe(node);
      if (/#/.test(name)) return name;
      const self = /OPTION|box|radio/.test(name + own.type);
      const found = self ? [own] : loose ? [] : [...own.querySelectorAll("[type=radio],[type=checkbox]")];
      return name + found.map((el) => [el.name, el.value]);
    };

    /** @param {any} form */
    const fieldsOf = (form) => form && `${[...new FormData(form)]}`;

    const change = keeping;
    keeping = (act) => {
      const shown = [...touched.keys()].map((el) => [el, word(el, 0)]);
      change(act);
      for (const [el, value] of shown)
        if (value !== word(el, 0)) {
          choose(el, value);
          // What was chosen is gone; of several something may be left.
          if (value !== word(el, 0) && !(el.multiple && word(el, 0))) restore(el);
        }
      settle();
    };

    const morph = morphElement;
    morphElement = (el, fresh, alone) => {
      const was = STATES.map(([, said]) => el[said]);
      const text = el.htText !== undefined;
      morph(el, fresh, alone || (text && isTheirs(el)));
      el.htText = fresh.htText;
      STATES.forEach(([name, said], i) => {
        if (el[said] !== was[i] && !isTheirs(el)) el[name] = el[said];
      });
    };

    const queued = enqueue;
    enqueue = async (job) => {
      const { el, form } = job;
      const value = el && word(el, 0);
      // Of which each press counts is empty for the next at once; what is refused comes back.
      const early = form && !/&one\b/.test(job.offer);
      const typed = early ? [...safe(form).elements].map((part) => [part, word(part, 0)]) : [];
      if (early) safe(form).reset();
      const fields = fieldsOf(form);
      const ok = await queued(job);
      // What was typed meanwhile is for the next time.
      if (form && fields === fieldsOf(form))
        if (ok) safe(form).reset();
        else
          for (const [part, value] of typed)
            if (isText(part)) part.value = value;
            else choose(part, value);
      // Text is the person's own until the server takes it, and where it has no word for it.
      if (el && !waits(el) && word(el, 0) === value && (!isText(el) || (ok && el.defaultValue)))
        if (isTyping(el)) touched.set(el, value);
        else restore(el);
      return ok;
    };

    // On the window, that is before the actions of `blur`, so that these send what is shown.
    for (const type of ["focus", "input", "blur", "reset", "popstate"])
      listen(type, ({ target: el }) => {
        if (type === "reset") return setTimeout(settle);
        if (word(el) !== undefined && !touched.has(el)) {
          touched.set(el, word(el));
          // A field that was never written in would follow its attribute.
          if (isText(el) && word(el, 0) === el.value) el.value = el.value;
        }
        // Who goes back leaves what was sent, also in the field where they are.
        settle(type[7]);
      }, window);

    /** @param {any} form @param {Trigger} now what it would send */
    const entriesOf = (form, { event }) =>
      new FormData(form, event?.target === form ? event.submitter : null);

    /**
     * What a form would send under a name: HTML standard, "constructing the entry list".
     * @param {string} name of controls in the same form, or an id
     * @param {Trigger} now
     */
    function valueOf(name, now) {
      const there = byId(name);
      const known = safe(there)?.matches("input,select,textarea");
      const form = known ? there.form : formOf(now);
      const [control, more] = known ? [there] : group({ name, form });
      if (!control) throw `No ${name}`;
      const { type, value } = control;
      if (type === "checkbox" && !more) return control.checked && !control.matches(":disabled");
      const all = form && control.name ? entriesOf(form, now).getAll(control.name) : [value];
      // Of radios and of buttons one is meant.
      return /mul/.test(type) || (more && !/rad|sub/.test(type)) ? all : (all[0] ?? null);
    }

    fill = (now, kind, name) =>
      kind === "entries"
        ? [...entriesOf(formOf(now), now)]
        : kind === "value"
          ? valueOf(name, now)
          : (kind === "this" ? safe(now.el) : now.event)[name];

    // A slot of the browser in an offer: no quote stands inside a text of JSON as it stands here.
    const SLOT = /{"\$":(\["[vte]\w+"(,"(\\.|[^"])*")*])}/g;

    valuesOf = (offer, now) =>
      [...decodeURIComponent(offer.split("&")[0]).matchAll(SLOT)].map(([, slot]) => fill(now, ...JSON.parse(slot)));
  }
