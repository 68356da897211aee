/*
 * Forms of action functions: messages at their fields, fields that are asked about when they are
 * left, uploads with progress. Pages with such a form have this part of the shim.
 */
  forms: {
    /* ---- Messages of what was refused ---- */

    /** Those that are shown: of which job, in which form, at which control. @type {any[][]} */
    let messages = [];

    /** Tie a control to its message, beside what the server says. @param {any} control @param {any} [id] */
    function tie(control, id) {
      control.ariaInvalid = id && "true";
      control.setAttribute("aria-describedby", [control.htSaid?.["aria-describedby"], id].join(" ").trim());
    }

    /** Take a message away. @param {any[]} message */
    const drop = ([, , control, message]) => {
      message.remove();
      if (control) tie(control, null);
    };

    /** Take away what other jobs said of the same form, or of the control that this one asks about. @param {any} job @param {any} [home] the form */
    const clear = (job, home = formOf(job)) =>
      (messages = messages.filter((said) => {
        const [of, form, control] = said;
        return of === job || form !== home || (job.check && job.check.name !== control?.name) || drop(said);
      }));

    OPS.invalid = (_, __, op, status, job) => {
      const form = formOf(job);
      if (form === byId("ht")) return tell(status, op.content.textContent);
      clear(job);
      for (const said of op.content.children) {
        // A copy is nobody's word, so what is patched later leaves it alone.
        const message = said.cloneNode(true);
        const control = api.group({ name: attribute(said, "ht-field"), form })[0];
        messages.push([job, form, control, message]);
        if (control) {
          tie(control, said.id);
          (control.closest(".ht-field")?.lastElementChild || control).after(message);
        } else {
          message.role = "alert";
          safe(form).prepend(message);
          message.scrollIntoView();
        }
      }
      if (!job.check) safe(form).querySelector("[aria-invalid]")?.focus();
    };

    const { forget } = api;
    api.forget = () => {
      forget?.();
      messages.splice(0).forEach(drop);
    };

    const queued = enqueue;
    enqueue = async (job) => {
      const home = formOf(job);
      const ok = await queued(job);
      if (job.ours) clear(job, home);
      return ok;
    };

    /* ---- Fields that are left ---- */

    /** How many forms were sent. */
    let submits = 0;
    listen("submit", () => submits++);

    /** Whether a pointer is down. */
    let held = false;
    for (const type of ["down", "up", "cancel"]) listen(`pointer${type}`, () => (held = type === "down"));

    /** What the form of a control sends under its name. @param {any} control */
    const sent = ({ form, name }) => (form ? `${new FormData(form).getAll(name)}` : "");

    /** What controls had when they were entered. @type {WeakMap<any, string>} */
    const entered = new WeakMap();
    listen("focus", ({ target }) => entered.set(target, sent(target)));

    // Other files are looked at when they come: what was said is not about them.
    listen("change", ({ target: check }) => check.files && clear({ check }));

    /** Whether it is only asked, for which no file is sent. */
    let asks = false;

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
        if (asked && changed && before === submits && (check.ariaInvalid || name.match(asked))) {
          asks = true;
          send(...attribute(form, "action").split("?"), { check, headers: { "HT-Check": encodeURIComponent(name) } });
          asks = false;
        }
      };
      setTimeout(ask);
    });

    /* ---- Uploads ---- */

    pack = (text, values) => {
      const files = values.flat(2).filter((value) => value?.stream);
      if (asks || !files.some((file) => file.name)) return text;
      // A file is no JSON: in it, an empty object says where one stands.
      const data = new FormData();
      data.append("ht-action", text);
      for (const file of files) data.append("ht-file", file);
      return data;
    };

    /** What is on its way, by its form. @type {Map<any, XMLHttpRequest>} */
    const sending = new Map();

    listen("reset", (event) => {
      // Of what is on its way, to reset is to cancel.
      if (sending.has(event.target)) event.preventDefault();
      sending.get(event.target)?.abort();
    });

    const asked = ask;
    /**
     * As `fetch`, for files with progress: it fills the `progress` of the form.
     * @param {string} url @param {any} options those of `fetch`, and the form
     * @returns {Promise<any>} what is used of a `Response`
     */
    ask = (url, options) =>
      new Promise((resolve) => {
        const { form, headers, body } = options;
        if (!body?.get) return resolve(asked(url, options));
        const request = new XMLHttpRequest();
        const bar = [...document.querySelectorAll("progress")].find((bar) => bar.closest("form") === form) || /** @type {any} */ ({});
        /** @type {any} */
        let cancelled;
        request.open("POST", url);
        for (const name in headers) request.setRequestHeader(name, headers[name]);
        request.upload.onprogress = ({ loaded: value, total: max }) => Object.assign(bar, { hidden: false, max, value });
        request.onabort = () => (cancelled = headers["HT-Cursor"]);
        request.onloadend = () => {
          const { status, responseText } = request;
          const header = (/** @type {string} */ name) => request.getResponseHeader(name);
          bar.hidden = true;
          sending.delete(form);
          resolve({
            // 1: nobody of ours answered. It is not sent again by itself: it may be large.
            status: header("HT-Cursor") ? status : 1,
            ok: status > 199 && status < 300,
            // Who cancels has seen what there is to see.
            headers: { get: (/** @type {string} */ name) => cancelled || header(name) },
            text: () => responseText,
          });
        };
        sending.set(form, request);
        request.send(body);
      });
  }
