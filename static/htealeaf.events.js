/*
 * Events: which keys, where, when it is quiet, not too often, after a question; what comes into view,
 * and what the clock brings. Pages with a modifier, with actions of keys, or with an event that is
 * none of the browser's, have this part of the shim.
 */
  events: {
    /** @type {Map<any, () => void>} what waits for quiet or for its time */
    const delayed = new Map();

    /** Whether the key that is down belongs to an input method. */
    let composing = false;

    // Do at once what waits: its value is not to come after another, or never.
    flush = () => delayed.forEach((act) => act());

    listen("blur", flush, window);
    listen(
      "keydown",
      // To type on a screen is to compose, too: those keys have no name.
      (event) => (composing = (event.isComposing || event.keyCode === 229) && event.key !== "Unidentified"),
      window,
    );

    /**
     * What a key is called, with those that are held: `Ctrl+k`. What AltGr makes is a key of its own. Where a keyboard
     * has no Latin letters, or Alt makes others of them, a shortcut is also what stands on that key elsewhere.
     * @param {any} event @returns {string[]}
     */
    const pressed = (event) => {
      const { key, code, shiftKey } = event;
      const held = ["Ctrl", "Alt", "Meta"].filter((name) => event[name.toLowerCase() + "Key"]);
      /** @param {any} key @param {any[]} [others] */
      const name = (key, others = held) => {
        const signs = /^\S$/.test(key);
        // With others held Shift alone says which letter it is: nobody thinks of Caps Lock then.
        if (signs && others[0]) key = shiftKey ? key.toUpperCase() : key.toLowerCase();
        return [...others, ...(shiftKey && !signs ? ["Shift"] : []), key].join("+");
      };
      const names = [name(key, event.altKey && /^\W$/.test(key) ? [] : held)];
      if (held[0] && /^([^ -~]|Dead)$/.test(key) && !event.getModifierState("AltGraph")) names.push(name(code.replace(/Key|Digit/, "")));
      return names;
    };

    /** Whether it happens outside of an element: of a dialog in front, also behind it. @param {any} event @param {any} el */
    const isOutside = (event, el) => {
      const { left, right, top, bottom } = el.getBoundingClientRect();
      const { clientX: x, clientY: y } = event;
      const off = x < left || x > right || y < top || y > bottom;
      return !event.composedPath().includes(el) || (off && event.target === el && el.matches(":modal"));
    };

    /** Whether a dialog is in front of an element. @param {any} event @param {any} el */
    const isBehind = ({ target }, el) => {
      const front = safe(target).closest?.("dialog:modal") || [.../** @type {any} */ (document.querySelectorAll("dialog:modal"))].pop();
      return front && !front.contains(el);
    };

    /** Whether a key is meant for who is typed to. @param {any} event @param {any} el */
    const isTheirs = (event, el, key = "") => {
      // Maybe in a shadow.
      const [target] = event.composedPath();
      return (
        el.matches(":disabled,[inert],[inert] *") ||
        (!/Ctrl|Meta|^Esc|^F\d/.test(key) &&
          (target.isContentEditable || (/INP|TEXT|SEL/.test(target.tagName) && !/box|rad|but|sub/.test(target.type))))
      );
    };

    fits = (event, query, el, at) => {
      const { type } = event;
      const isKey = /^key/.test(type);
      const wanted = query.get("key");
      const keys = isKey ? pressed(event) : [];
      const outside = query.has("outside");
      return (
        !(composing && isKey) &&
        // A key that is held repeats when the answer is there.
        !(event.repeat && waits(el)) &&
        (!wanted || keys.some((key) => wanted === key || wanted === key.replace(/Ctrl|Meta/, "Mod"))) &&
        !(query.has("self") && event.target !== el) &&
        !at === !(outside || query.has("window")) &&
        !(outside && (!isOutside(event, safe(el)) || !safe(el).getClientRects()[0])) &&
        !(at && (isKey || outside) && isBehind(event, el)) &&
        !(at && isKey && isTheirs(event, safe(el), keys[0]))
      );
    };

    /** What happens elsewhere concerns those who say so. @param {any} event */
    const far = (event) => {
      const { type } = event;
      for (const el of document.querySelectorAll(`[ht-${type}*="&window"],[ht-${type}*="&outside"]`)) handle(event, el);
    };

    const heard = listen;
    listen = (type, act, on) => {
      heard(type, act, on);
      if (act === handle) heard(type, far, window);
    };

    const filled = fill;
    fill = (now, kind, name) => {
      if (kind === "event" && name === "target") return attribute(safe(now.event.target).closest("[id]"), "id");
      if (kind !== "event" || !/^off/.test(name)) return filled(now, kind, name);
      // Of the element that acts, whatever in it was hit.
      const el = safe(now.el);
      const { left, top } = el.getBoundingClientRect();
      return Math.round(name === "offsetX" ? now.event.clientX - left - el.clientLeft : now.event.clientY - top - el.clientTop);
    };

    /** @param {any} el @param {string} type */
    const fire = (el, type) => attribute(el, `ht-${type}`) && el.dispatchEvent(new Event(type));

    /** @type {IntersectionObserver} one for all that take over: two would each say it */
    const watcher = (api.watcher =
      before?.watcher ||
      new IntersectionObserver((seen) =>
        seen.forEach(({ isIntersecting, target }) => isIntersecting && fire(target, "visible")),
      ));

    /** See what has come into the page, or has another action. */
    const look = () => {
      for (const el of /** @type {any} */ (document.querySelectorAll("[ht-load],[ht-visible],[ht-interval]"))) {
        const visible = attribute(el, "ht-visible");
        const query = new URLSearchParams(attribute(el, "ht-interval"));
        const ms = parseInt(/** @type {any} */ (query.get("every"))) || 0;
        const known = el.htKnown || { ms: 0 };
        if (visible !== (known.visible ?? null)) {
          watcher.unobserve(el);
          watcher.observe(el);
        }
        if (ms !== known.ms) {
          clearInterval(known.timer);
          known.timer = setInterval(() => {
            // Whoever left the page may come back to it; and what is slow does not pile up.
            if (!el.isConnected) {
              clearInterval(known.timer);
              known.ms = 0;
            } else if (!document.hidden && !waits(el)) fire(el, "interval");
          }, ms);
        }
        // What has a source tells by itself when that is there.
        if (!el.htKnown && !el.src) fire(el, "load");
        el.htKnown = Object.assign(known, { visible, ms });
      }
    };

    const change = keeping;
    keeping = (act) => {
      change(act);
      look();
    };
    setTimeout(look);

    const brought = bring;
    bring = (text, answer, job) => {
      const el = job?.event?.type === "visible" ? job.el : null;
      const list = () => safe(el)?.previousElementSibling;
      const length = () => list()?.querySelectorAll("*").length;
      const [was, before] = [list(), length()];
      const ours = brought(text, answer, job);
      // What it has brought is right before it: it may be in view still.
      if (list() !== was || length() !== before) {
        watcher.unobserve(el);
        watcher.observe(el);
      }
      return ours;
    };

    pace = (query, el, name, act) => {
      const memory = (el[name] ||= { at: 0 });
      if (memory.done) return;
      const cancel = () => {
        clearTimeout(memory.timer);
        delayed.delete(memory);
      };
      const now = () => {
        cancel();
        const question = query.get("confirm");
        if (question && !confirm(question)) return restore(el);
        memory.at = Date.now();
        memory.done = query.has("once");
        act();
      };
      const wait = query.get("debounce") || query.get("throttle") - Date.now() + memory.at;
      cancel();
      if (wait > 0) {
        delayed.set(memory, now);
        // While its answer is on the way, only the newest is wanted.
        memory.timer = setTimeout(() => (waits(el) ? pace(query, el, name, act) : now()), wait);
      } else {
        flush();
        now();
      }
    };
  }
