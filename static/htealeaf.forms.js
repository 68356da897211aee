/*
 * Forms of action functions: messages at their fields, fields that are asked about when they are
 * left. Pages with such a form have this part of the shim.
 */
  forms: {
    /* ---- Messages of what was refused ---- */

    /** Those that are shown: of which job, in which form, at which control. @type {any[][]} */
    let messages = [];

    /** Tie a control to its message, beside what the server says. @param {any} control @param {any} [id] */
    function tie(control, id) {
      control.ariaInvalid = id && "true";
      const name = "aria-describedby";
      const ids = [control.htSaid?.[name], id].join(" ").trim();
      control.setAttribute(name, ids);
      if (!ids) control.removeAttribute(name);
    }

    /** Take a message away. @param {any[]} message */
    const drop = ([, , control, message]) => {
      message.remove();
      if (control) tie(control);
    };

    /** Take away what other jobs said of the same form, or of the control that this one asks about. @param {any} job @param {any} [home] the form */
    const clear = (job, home = formOf(job)) =>
      (messages = messages.filter(
        (said) => said[0] === job || said[1] !== home || (job.check && job.check.name !== said[2]?.name) || drop(said),
      ));

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
          // In its label it would be part of the name.
          (control.closest(".ht-field")?.lastElementChild || control.closest("label") || control).after(message);
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
          send(...attribute(form, "action").split("?"), { check, headers: { "HT-Check": encodeURIComponent(name) } });
        }
      };
      setTimeout(ask);
    });
  }
