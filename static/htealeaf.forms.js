// @ts-check
/*
 * Fields that are asked about when they are left, rows of forms, and uploads with progress. Pages
 * have it in front of the shim where the app has action functions with parameters; others do not
 * load it.
 *
 * Rule: what it adds to a page is the person's own, as what they type. A patch leaves it alone.
 */
(() => {
  "use strict";

  /** @param {string} type @param {(event: any) => void} act */
  const listen = (type, act) => document.addEventListener(type, act, true);

  /** @param {string} selector @returns {any[]} */
  const all = (selector) => [...document.querySelectorAll(selector)];

  /* ---- Fields that are left ---- */

  /** How many forms were sent. */
  let submits = 0;
  listen("submit", () => submits++);

  /** Whether a pointer is down. */
  let held = false;
  for (const type of ["down", "up", "cancel"]) listen(`pointer${type}`, () => (held = type === "down"));

  /** A form's attribute, also where it has a control called "getAttribute". @param {any} form @param {string} name */
  const attribute = (form, name) => Element.prototype.getAttribute.call(form, name);

  /** What the form of a control sends under its name. @param {any} control */
  const sent = ({ form, name }) => (form ? `${new FormData(form).getAll(name)}` : "");

  /** What controls had when they were entered. @type {WeakMap<any, string>} */
  const entered = new WeakMap();
  listen("focus", ({ target }) => entered.set(target, sent(target)));

  // Who leaves a field that they changed is told whether it is right, once a press that took them
  // away has come to its end: a message would move what they press. What sends the form asks by
  // itself, and may know more than the checks.
  listen("blur", ({ target: check }) => {
    const before = submits;
    const ask = () => {
      if (held) return setTimeout(ask, 99);
      const { form, name } = check;
      const asked = form && attribute(form, "ht-check");
      const changed = sent(check) !== (entered.get(check) || "");
      if (asked && changed && before === submits && (check.ariaInvalid || name.match(asked)))
        /** @type {any} */ (window).htealeaf.send(...attribute(form, "action").split("?"), { check });
    };
    setTimeout(ask);
  });

  /* ---- Rows ---- */

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
      copy.innerHTML = html.replaceAll(html.match(/{n+}/)[0], Date.now());
      const row = /** @type {any} */ (copy.content.firstElementChild);
      model.before(row);
      row.querySelector("input,select,textarea")?.focus();
    }
  });

  listen("reset", (event) => {
    const { target: form } = event;
    const cancel = sending.get(form);
    if (cancel) {
      // Of what is on its way, to reset is to cancel.
      event.preventDefault();
      return cancel();
    }
    for (const row of all(".ht-line"))
      if (row.form === form) {
        if (row.htSaid) row.disabled = row.hidden = false;
        else row.remove();
      }
  });

  /* ---- Uploads ---- */

  /** What cancels the upload of a form. @type {Map<any, () => void>} */
  const sending = new Map();

  /**
   * As `fetch`, with progress: it fills the `progress` of the form.
   * @param {string} url @param {any} options those of `fetch`, and the form
   * @returns {Promise<any>} what is used of a `Response`
   */
  const upload = (url, { form, headers, body }) =>
    new Promise((resolve) => {
      const request = new XMLHttpRequest();
      const bar = all("progress").find((bar) => bar.closest("form") === form) || {};
      let cancelled = false;
      request.open("POST", url);
      for (const name in headers) request.setRequestHeader(name, headers[name]);
      request.upload.onprogress = ({ loaded: value, total: max }) =>
        Object.assign(bar, { hidden: false, max, value });
      request.onloadend = () => {
        bar.hidden = true;
        sending.delete(form);
        resolve({
          // 1: nobody of ours answered. It is not sent again by itself: it may be large.
          status: request.getResponseHeader("HT-Cursor") ? request.status : 1,
          ok: request.status > 199 && request.status < 300,
          headers: new Headers(
            // Who cancels has seen what there is to see.
            cancelled
              ? { "HT-Cursor": headers["HT-Cursor"] }
              : request.getAllResponseHeaders().trim().split("\r\n").filter(Boolean).map((line) => {
                  const at = line.indexOf(":");
                  return /** @type {[string, string]} */ ([line.slice(0, at), line.slice(at + 1)]);
                }),
          ),
          text: async () => request.responseText,
        });
      };
      sending.set(form, () => {
        cancelled = true;
        request.abort();
      });
      request.send(body);
    });

  /** @type {any} */ (window).htealeaf = { upload };
})();
