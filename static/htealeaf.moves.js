/*
 * Moves: items of lists are dragged, or moved by keys. Pages with such items have this part of the
 * shim.
 *
 * Rule: where an item is shown meanwhile is nobody's word. Before a patch comes everything stands
 * where the server has put it.
 */
  moves: {
    /** How to put back what stands elsewhere. @type {(() => void)[]} */
    const undo = (api.moved = before?.moved || []);

    /** The item that is held. @type {any} */
    let held;

    /** Who tells what is seen. @type {any} */
    let teller;

    /** @param {any} list */
    const itemsOf = (list) => [...safe(list).children].filter((/** @type {any} */ el) => el.matches("[ht-move]"));

    /** Where an item may go: in its own list, or in each of that group that is not in it. @param {any} item @returns {any[]} */
    const listsOf = (item) => {
      const own = item.parentNode;
      const group = attribute(own, "ht-group");
      return group === null ? [own] : [...document.querySelectorAll("[ht-group]")].filter((/** @type {any} */ list) => attribute(list, "ht-group") === group && !item.contains(list));
    };

    /** Put an item before another one, or with null at the end of a list. @param {any} list @param {any} item @param {any} next */
    const place = (list, item, next) => {
      // Of what has left the page nothing is shown.
      if (!item.isConnected || !list.isConnected) return;
      const from = item.parentNode;
      const was = item.nextSibling;
      // What marks the end of a list stays there.
      next ||= itemsOf(list).filter((one) => one !== item).pop()?.nextSibling ?? null;
      if (next === item || (from === list && next === was)) return;
      put(list, item, next);
      undo.push(() => put(from, item, was));
    };

    /** Where an item stands, also when some of what follows it have left. @param {any} item @returns {() => void} what puts it there again */
    const placeOf = (item) => {
      const list = item.parentNode;
      const all = itemsOf(list);
      const rest = all.slice(all.indexOf(item) + 1);
      return () => place(list, item, rest.find((one) => one.parentNode === list));
    };

    /** Show all that is asked for. */
    const showAll = () => queue.forEach((/** @type {any} */ { event }) => event?.again?.());

    const putBack = () => undo.splice(0).reverse().forEach((act) => act());

    /** @param {string} words */
    const say = (words) => {
      if (!teller?.isConnected) {
        teller = make("p", { role: "status", className: "ht-status" });
        (document.querySelector("dialog[open]") || document.body).append(teller);
      }
      // What comes together with its place is not read out.
      setTimeout(() => (teller.textContent = words), 99);
    };

    /** The author's words, or ours. @param {number} which */
    const wordsFor = (which) => {
      const around = held.closest("[ht-words]");
      const words = attribute(around, "ht-words") || inWords("Picked up, arrow keys move it, space drops it, escape puts it back\nDropped\nPut back");
      return words.split("\n")[which];
    };

    /** Say where an item is. @param {string} [words] what has happened to it */
    const sayPlace = (words) => {
      const list = held.parentNode;
      const all = itemsOf(list);
      say(`${words ? words + ": " : ""}${all.indexOf(held) + 1} / ${all.length}${listsOf(held)[1] ? `, ${list.ariaLabel || list.id}` : ""}`);
    };

    /** @param {any} item */
    const take = (item) => {
      held = item;
      item.setAttribute("ht-held", "");
    };

    /** Let go. @param {boolean} [stays] where it is */
    const drop = (stays) => {
      const item = held;
      if (!item) return;
      const list = item.parentNode;
      const all = itemsOf(list);
      const index = all.indexOf(item);
      const next = all[index + 1];
      const again = placeOf(item);
      held = 0;
      item.removeAttribute("ht-held");
      putBack();
      showAll();
      if (!stays || itemsOf(list)[index] === item) return;
      const event = Object.assign(new Event("move"), { index, list: list.id, before: next?.id || "", again });
      item.dispatchEvent(event);
      // It is shown there while the server is asked.
      if (queue.some((/** @type {any} */ job) => job.event === event)) again();
    };

    const brought = bring;
    bring = (text, answer, job) => {
      const again = held && placeOf(held);
      putBack();
      const ours = brought(text, answer, job);
      showAll();
      if (!held?.isConnected) held = 0;
      else again();
      return ours;
    };

    const { forget } = api;
    api.forget = () => {
      forget?.();
      drop();
      putBack();
    };

    /** The item that an event is about. @param {any} event */
    const itemAt = ({ target }) => (target.matches?.("[ht-move]") ? target : null);

    listen("dragstart", (event) => {
      const item = itemAt(event);
      if (!item) return;
      event.dataTransfer.effectAllowed = "move";
      // Without data some browsers drag nothing.
      event.dataTransfer.setData("text/plain", "");
      take(item);
    });

    /** @param {any} event */
    const over = (event) => {
      const { target, clientX, clientY } = event;
      // Of lists in lists the inner one.
      const list = held && listsOf(held).filter((list) => list.contains(target)).pop();
      if (!list) return;
      event.preventDefault();
      const hit = itemsOf(list).find((item) => item.contains(target));
      if (hit === held || (!hit && held.parentNode === list)) return;
      if (!hit) return place(list, held, null);
      // Past the middle of what it is over, along the way that the list runs.
      const box = hit.getBoundingClientRect();
      const own = held.getBoundingClientRect();
      const past =
        Math.abs(box.top - own.top) > Math.abs(box.left - own.left)
          ? clientY > box.top + box.height / 2
          : clientX > box.left + box.width / 2;
      place(list, held, past ? hit.nextSibling : hit);
    };
    // Where an item has come to stand under the pointer that is entered first; only who takes that, too, gets it.
    listen("dragenter", over);
    listen("dragover", over);

    listen("drop", (event) => {
      if (!held) return;
      event.preventDefault();
      drop(true);
    });
    listen("dragend", () => drop());
    listen("blur", ({ target }) => target === held && setTimeout(() => document.activeElement === target || drop()));

    listen("keydown", (event) => {
      const item = itemAt(event);
      const { key } = event;
      if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
      const arrow = /^Arrow(Up|Left)?(Down|Right)?/.exec(key);
      if (held !== item) {
        if (key !== " ") return;
        take(item);
        sayPlace(wordsFor(0));
      } else if (key === " " || key === "Enter") {
        sayPlace(wordsFor(1));
        drop(true);
      } else if (key === "Escape") {
        say(wordsFor(2));
        drop();
      } else if (arrow) {
        const by = arrow[1] ? -1 : 1;
        const lists = listsOf(item);
        const list = item.parentNode;
        const all = itemsOf(list);
        const at = all.indexOf(item);
        if (lists[1] && /[ft]$/.test(key)) {
          const other = lists[lists.indexOf(list) + by];
          if (other) place(other, item, itemsOf(other)[at]);
        } else if (all[at + by]) place(list, item, by < 0 ? all[at - 1] : all[at + 2]);
        sayPlace();
      } else return;
      event.preventDefault();
      event.stopPropagation();
    }, window);
  }
