/*
 * Kept elements: what a script of the author's draws or fills. It hears when one has come, when a
 * patch has changed its data, and when it has left. Pages with one have this part of the shim.
 *
 * Rule: of each it hears `mount` first, and `unmount` last, once each. By then the scripts that the
 * page begins with have run, and the one that the element names.
 */
  keep: {
    /** Of which a `mount` was told; for scripts that come later. @type {Set<any>} */
    const mounted = (api.mounted = before?.mounted || new Set());

    /** Whether the scripts that the page begins with have run. */
    let ready = before;

    /** @param {any} el */
    async function mount(el) {
      const script = attribute(el, "ht-keep");
      if (script) await import(/** @type {any} */ (new URL(script, document.baseURI)));
      if (mounted.has(el) || !el.isConnected) return;
      mounted.add(el);
      emit("mount", { ...el.dataset }, el);
    }

    const look = () => ready && document.querySelectorAll("[ht-keep]").forEach(mount);

    const change = keeping;
    keeping = (act) => {
      const known = [...mounted].map((el) => [el, { ...el.dataset }]);
      change(act);
      for (const [el, was] of known)
        if (el.isConnected) {
          const now = { ...el.dataset };
          for (const name in { ...was, ...now })
            if (was[name] === now[name]) delete now[name];
            else now[name] ??= null;
          if (Object.keys(now)[0]) emit("update", now, el);
        } else {
          mounted.delete(el);
          emit("unmount", {}, el);
        }
      look();
    };

    // Of the element itself only its data follow the server.
    const morph = morphAttributes;
    morphAttributes = (el, fresh) => {
      const { ...said } = fresh.htSaid;
      if ("ht-keep" in said) {
        for (const name in { ...said, ...el.htSaid }) if (/^data-/.test(name)) said[name] = el.htSaid[name];
        el.htSaid = said;
      }
      morph(el, fresh);
    };

    listen("DOMContentLoaded", () => {
      ready = 1;
      look();
    });
    look();
  }
