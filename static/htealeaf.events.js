/*
 * Modifiers of actions: which key, once, when it is quiet, not too often, after a question. Pages
 * with one, or with actions of keys, have this part of the shim.
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

    fits = ({ type, key }, query) => !(composing && /^key/.test(type)) && (query.get("key") || key) === key;

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
