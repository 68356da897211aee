/*
 * Commands: steps that need no server, as data. Pages with some have this part of the shim.
 *
 * Rule: what a command sets is not the server's word (`htSaid`), so it stays until the server
 * changes that very thing: an attribute, or of the classes one.
 */
  commands: {
    /** How to take back what is shown until an answer comes. @type {any[]} */
    const undo = (api.undo = before?.undo || []);

    /** @param {any} el @param {string} name @param {any} value null for none */
    const put = (el, name, value) => (value === null ? el.removeAttribute(name) : el.setAttribute(name, value));

    /** @type {Record<string, (el: any, now: any, ...given: any[]) => any>} what takes it back again */
    const COMMANDS = {
      attribute(el, _, name, value) {
        const was = attribute(el, name);
        // Without a value it is turned.
        put(el, name, value !== undefined ? value : /^aria/.test(name) ? was !== "true" : was === null ? "" : null);
        return () => put(el, name, was);
      },
      class(el, _, names, on) {
        const was = names.map((/** @type {string} */ name) => el.classList.contains(name));
        /** @param {(i: number) => any} wanted */
        const turn = (wanted) => {
          names.forEach((/** @type {string} */ name, /** @type {number} */ i) => el.classList.toggle(name, wanted(i)));
          if (!el.classList[0]) el.removeAttribute("class");
        };
        turn(() => on);
        return () => turn((i) => was[i]);
      },
      property(el, _, name, value) {
        const was = el[name];
        el[name] = value;
        return () => (el[name] = was);
      },
      call(el, _, name, ...given) {
        el[name]?.(...given);
      },
      clear(el) {
        // Of a form, or a fieldset, all that a person could empty.
        const all = el.elements ? [...el.elements].filter((part) => !/^(hid|sub|but|res|fie|out)/.test(part.type) && !part.readOnly && part.matches(":enabled")) : [el];
        for (const part of all) {
          // Of a box its mark, and the word of who listens that it was a person.
          part[/box|radio/.test(part.type) ? "checked" : "value"] = "";
          part.dispatchEvent(new Event("input", { bubbles: true }));
        }
      },
      select(el) {
        if (el.select) el.select();
        else getSelection()?.selectAllChildren(el.firstChild?.parentNode || el); // a form is no node here
      },
      copy(el) {
        // Buttons and items of lists have a value, too, and nobody sees it.
        navigator.clipboard?.writeText(/INP|TEXT|SEL/.test(el.tagName) ? el.value : el.textContent);
      },
      submit(el) {
        safe(el.form || el.closest("form"))?.requestSubmit();
      },
      dispatch(el, _, type, detail) {
        el.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, cancelable: true }));
      },
      local(_, __, place, value) {
        const form = pageForm();
        const field = form.elements["ht-local"] || form.appendChild(make("input", { type: "hidden", name: "ht-local" }));
        const set = { ...JSON.parse(decodeURIComponent(field.value || "{}")), [place]: value };
        field.value = encodeURIComponent(JSON.stringify(set));
      },
      transition(_, now, steps) {
        now.slides = 1;
        const change = () => all(steps, now);
        if (document.startViewTransition) document.startViewTransition(change);
        else change();
      },
      meanwhile(_, now, steps) {
        now.meanwhile = steps;
      },
    };

    /** @param {any} step @param {Trigger} now @returns {any} what takes it back */
    const act = ([kind, to, ...given], now) => {
      const own = safe(now.el);
      const el = !to ? own : to[0] === "#" ? byId(to.slice(1)) : own.closest(to);
      return el && COMMANDS[kind](safe(el), now, ...given.map((value) => (value?.$ ? fill(now, .../** @type {[any, any]} */ (value.$)) : value)));
    };

    /** @param {any[]} [steps] @param {any} [now] */
    const all = (steps = [], now) => steps.map((step) => act(step, now));

    /** @param {any} job */
    const show = (job) => undo.push(...all(job.meanwhile, job));

    const ran = run;
    run = (step, now) => (step.map ? act(step, now) : ran(step, now));

    const queued = enqueue;
    enqueue = (job) => {
      show(job);
      return queued(job);
    };

    /** What was sent last of what commands have set. */
    let sent = "";
    const headersOf = pageHeaders;
    pageHeaders = () => {
      const headers = headersOf();
      sent = headers["ht-local"];
      return headers;
    };

    const takeBack = () => undo.splice(0).reverse().forEach((back) => back?.());

    const { forget } = api;
    api.forget = () => {
      forget?.();
      takeBack();
      pageForm()?.elements["ht-local"]?.remove();
    };

    const brought = bring;
    bring = (text, answer, job) => {
      const state = byId("ht-state")?.value;
      // What is not answered yet stands on top of what is.
      takeBack();
      const ours = brought(text, answer, job);
      // The state that came has what was sent in it.
      const field = pageForm()?.elements["ht-local"];
      if (field && field.value === sent && byId("ht-state")?.value !== state) field.value = "";
      queue.forEach(show);
      return ours;
    };

    const asked = ask;
    ask = async (url, options) => {
      const answer = await asked(url, options);
      if (queue[0].slides && document.startViewTransition) {
        const text = await answer.text();
        answer.text = () => text;
        // What is shown now is kept as a picture; what comes is put in before the next one.
        await new Promise((/** @type {any} */ ready) =>
          document.startViewTransition(() => (ready(), new Promise((done) => setTimeout(done)))),
        );
      }
      return answer;
    };

    const morphed = morphAttributes;
    morphAttributes = (el, fresh) => {
      const said = (el.htSaid?.class || "").match(/\S+/g) || [];
      const { classList } = safe(el);
      const added = [...classList].filter((name) => !said.includes(name));
      const gone = said.filter((/** @type {string} */ name) => !classList.contains(name));
      morphed(el, fresh);
      if (added[0]) classList.add(...added);
      if (gone[0]) classList.remove(...gone);
    };
  }
