/*
 * Rows of a form, added and taken out without a request. Pages with such a form have this part of
 * the shim.
 *
 * Rule: what it adds to a page is the person's own, as what they type. A patch leaves it alone.
 */
  rows: {
    // On the window, that is before the actions of a form.
    listen("submit", (event) => {
      const { submitter: button } = event;
      if (button?.name !== "ht-rows") return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const model = button.previousElementSibling;
      if (/^-/.test(button.value)) {
        // Only disabled: were it gone, a patch would bring it back.
        const row = button.closest(".ht-line");
        row.disabled = row.hidden = true;
        [...row.parentNode.children].filter((el) => el.name === button.name).pop()?.focus();
      } else {
        const html = model.innerHTML;
        const copy = document.createElement("template");
        // Numbers may be left out, as long as they go up.
        copy.innerHTML = trusted.createHTML(html.replaceAll(html.match(/{n+}/)[0], Date.now()));
        const row = /** @type {any} */ (copy.content.firstElementChild);
        model.before(row);
        row.querySelector("input,select,textarea")?.focus();
      }
    }, window);

    listen("reset", ({ target, defaultPrevented }) => {
      for (const row of /** @type {any} */ (document.querySelectorAll(".ht-line")))
        if (row.form === target && !defaultPrevented) {
          if (row.htSaid) row.disabled = row.hidden = false;
          else row.remove();
        }
    });
  }
