/*
 * Commands: steps that need no server, as data. Pages with some have this part of the shim.
 *
 * Rule: what a command sets is not the server's word (`htSaid`), so it stays until the server
 * changes that very thing: an attribute, or of the classes one. What is taken back is what still is
 * as a command has set it: what a person typed or pressed since is theirs.
 */
  commands: {
    /** What is shown until an answer comes: each step, and how to take it back. @type {any[]} */
    const undo = (api.undo = before?.undo || []);

    /** @param {any} el @param {string} name @param {any} value null for none */
    const put = (el, name, value) => (value === null ? el.removeAttribute(name) : el.setAttribute(name, value));

    /** @type {WeakMap<any, any[]>} what stood around an element that acted, from itself outwards */
    const around = new WeakMap();

    /** Show a change as a view transition, where the browser has them. @param {() => any} change */
    const slide = (change) => {
      if (document.startViewTransition)
        // That another one comes before it was seen is no error: the change is made.
        document.startViewTransition(change).ready.catch(() => {});
      else change();
    };

    /** @type {Record<string, (el: any, now: any, ...given: any[]) => any>} what takes it back again, and says whether it could */
    const COMMANDS = {
      attribute(el, _, name, value) {
        const was = attribute(el, name);
        // Without a value it is turned.
        put(el, name, value !== undefined ? value : /^aria/.test(name) ? was !== "true" : was === null ? "" : null);
        const set = attribute(el, name);
        return () => attribute(el, name) === set && !put(el, name, was);
      },
      class(el, _, names, on) {
        const has = () => names.map((/** @type {string} */ name) => el.classList.contains(name));
        const was = has();
        /** @param {(i: number) => any} wanted */
        const turn = (wanted) => {
          names.forEach((/** @type {string} */ name, /** @type {number} */ i) => el.classList.toggle(name, wanted(i)));
          if (!el.classList[0]) el.removeAttribute("class");
        };
        turn(() => on);
        const set = has();
        return () => {
          const now = has();
          turn((i) => (now[i] === set[i] ? was : now)[i]);
          return `${now}` === `${set}`;
        };
      },
      property(el, _, name, value) {
        const was = el[name];
        el[name] = value;
        const set = el[name];
        return () => el[name] === set && !void (el[name] = was);
      },
      call(el, _, name, ...given) {
        // One that stands among the rest comes to the front.
        if (/M/.test(name) && !el.matches(":modal")) el.removeAttribute("open");
        el[name]?.(...given);
      },
      clear(el) {
        // Of a form, or a fieldset, all that a person could empty.
        const all = el.elements ? [...el.elements].filter((part) => !/^(hid|sub|but|res|fie|out)/.test(part.type) && !part.readOnly && part.matches(":enabled")) : [el];
        for (const part of all) {
          // Of a box its mark, and the word of who listens that it was a person.
          const name = /box|radio/.test(part.type) ? "checked" : "value";
          const was = part[name];
          part[name] = "";
          if (part[name] !== was) for (const type of ["input", "change"]) part.dispatchEvent(new Event(type, { bubbles: true }));
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
        slide(() => all(steps, now));
      },
      meanwhile(_, now, steps) {
        now.meanwhile = steps;
      },
    };

    /** @param {any} step @param {Trigger} now @returns {any} what takes it back */
    const act = ([kind, to, ...given], now) => {
      const own = safe(now.el);
      const el = !to
        ? own
        : to[0] === "#"
          ? byId(to.slice(1))
          : own.isConnected
            ? own.closest(to)
            : around.get(now.el)?.find((one) => one.isConnected && one.matches(to));
      return el && COMMANDS[kind](safe(el), now, ...given.map((value) => (value?.$ ? fill(now, .../** @type {[any, any]} */ (value.$)) : value)));
    };

    /** @param {any[]} [steps] @param {any} [now] */
    const all = (steps = [], now) => steps.map((step) => act(step, now));

    /** @param {any} job */
    const show = (job) => {
      for (const step of job.meanwhile || []) if (!step.past) undo.push([step, act(step, job)]);
    };

    const ran = run;
    run = (step, now) => (step.map ? act(step, now) : ran(step, now));

    const queued = enqueue;
    enqueue = (job) => {
      // Who acts may be gone when the answer is there.
      const path = [];
      for (let { el } = job; el instanceof Element; el = parentOf(el)) path.push(safe(el));
      if (path[0]) around.set(job.el, path);
      const answered = queued(job);
      // What a form had is known by now: what was typed since is told from what is shown.
      show(job);
      return answered;
    };

    /** What was sent last of what commands have set. */
    let sent = "";
    const headersOf = pageHeaders;
    pageHeaders = () => {
      const headers = headersOf();
      sent = headers["ht-local"];
      return headers;
    };

    const takeBack = () => undo.splice(0).reverse().forEach(([step, back]) => (step.past = back?.() === false));

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
        await new Promise((/** @type {any} */ ready) => slide(() => (ready(), new Promise((done) => setTimeout(done)))));
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
