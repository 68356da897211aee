// @ts-check
/*
 * The shim: sends the actions that a page offers and swaps the answers in.
 *
 * Rule 1: it decides nothing. What a page shows is the server's word; the shim only keeps what
 * is the person's own: focus, caret, typed text, an opened `details`.
 *
 * Rule 2: no eval and no inline handler; a page runs under `script-src 'self'`.
 *
 * Rule 3: one request at a time, in the order of the clicks.
 *
 * Every header, op, verb and modifier here stands in `htealeaf/wire/` too;
 * `tests/wire/test_names.py` compares them.
 */
(() => {
  "use strict";

  /**
   * @typedef {Element & Record<string, any>} Control an element, read by the names of properties
   * @typedef {Element | DocumentFragment} Parent
   * @typedef {{el?: Control, event?: any}} Trigger what slots are read from
   *
   * @typedef {object} Job one request that waits or is under way
   * @property {string} url
   * @property {any} body JSON, alone or beside files; "" is a catch-up
   * @property {string} [verb] of the body; "offer" when it begins with the query that the server signed
   * @property {Control} [el] what was clicked; it shows that it waits
   * @property {any} [by] what was pressed
   * @property {string} [value] what `el` showed
   * @property {HTMLFormElement} [form] reset when the action succeeded
   * @property {string} [fields] what `form` showed
   * @property {Control} [check] a control that was left, of which only is asked whether it is right
   */

  /**
   * An element as HTML made it: a form gives its control named "reset" for `reset`, and a page its
   * image named "body" for `body`. Only for what is asked of it; where a node is wanted, it is none.
   * @param {any} node @returns {any}
   */
  const safe = (node) => {
    if (!(node instanceof HTMLFormElement || node === window.document)) return node;
    return new Proxy(Object.getPrototypeOf(node), {
      get: (made, name, _, found = Reflect.get(made, name, node)) => (found?.call ? found.bind(node) : found),
      set: (made, name, value) => Reflect.set(made, name, value, node),
    });
  };

  /** @type {Document} */
  const document = safe(window.document);

  /** What a person may change, and the server's word on it. */
  const STATES = [
    ["value", "defaultValue"],
    ["checked", "defaultChecked"],
    ["selected", "defaultSelected"],
  ];

  const nonce = document.currentScript?.nonce;

  /** With progress, where `htealeaf.forms.js` is loaded. @type {any} */
  const upload = /** @type {any} */ (window).htealeaf?.upload || fetch;

  /** @param {string | null} id @returns {any} */
  const byId = (id) => document.getElementById(/** @type {string} */ (id));

  /** The form that every page of ours begins with. @returns {any} */
  const pageForm = () => safe(byId("ht"));

  /** @param {string} name @returns {any} */
  const pageAttribute = (name) => pageForm()?.getAttribute(name);

  /** @param {string} path */
  const apiUrl = (path) => `${pageAttribute("ht-base")}/api/_${path}`;

  /** @param {string} tag @param {object} given @returns {any} */
  const make = (tag, given) => Object.assign(document.createElement(tag), given);

  /** @param {any} node @returns {any} */
  const parentOf = (node) => safe(safe(node).parentNode);

  /* ---- What a person typed and chose ---- */

  /** What is in a person's hands, with the server's word that it was about. @type {Map<Control, any>} */
  const touched = new Map();

  /** @param {any} control @returns {any[]} those of the same name in the same form */
  const group = ({ name, form }) =>
    [...document.getElementsByName(name)].filter((/** @type {any} */ other) => other.form === form);

  /** What a control lets choose from; nothing for another one. @param {Control} el @returns {any[]} */
  const choices = (el) =>
    /^select/.test(el.type)
      ? [...el.options]
      : el.type === "radio"
        ? group(el)
        : el.type === "checkbox"
          ? [el]
          : [];

  /** What tells a choice from others: "on" is the value of all that have none. @param {Control} part */
  const mark = (part) => (part.value === "on" ? (part.htMark ||= "on" + Math.random()) : part.value);

  /**
   * The server's word on a control, or with 0 what it shows; undefined for what is no control.
   * @param {Control} el @param {number} [at] as in `STATES` @returns {any}
   */
  const word = (el, at = 1) =>
    choices(el)[0]
      ? choices(el)
          .filter((/** @type {any} */ part) => part[STATES[2][at]] ?? part[STATES[1][at]])
          .map(mark)
          .join("\n")
      : at
        ? (safe(el).defaultValue ?? el.htText)
        : // What is half typed, in a field for a date, has no value.
          el.validity?.badInput || (safe(el).value ?? safe(el).innerHTML);

  /** @param {Control} el */
  const isText = (el) => !choices(el)[0] && el.type !== "file" && word(el) !== undefined;

  /** @param {Control} el */
  const isTyping = (el) => el === document.activeElement && isText(el);

  /** Whether a person has it in hand, itself or in its group. @param {any} el */
  const isTheirs = (el) => [...touched.keys()].some((other) => [other, ...choices(other)].includes(el));

  /** Show the server's word. @param {Control} el */
  function restore(el) {
    if (el.htText !== undefined) {
      el.innerHTML = el.htText;
      learn(el);
    }
    for (const part of [el, ...choices(el)]) {
      for (const [name, said] of STATES)
        // To set a box's value would be to set its attribute.
        if (said in part && (name < "v" || isText(part))) part[name] = part[said];
      touched.delete(part);
      safe(part).removeAttribute("ht-newer");
      safe(part).removeAttribute("ht-dirty");
    }
  }

  /** Give back what a person has left as it was, and tell where the server's word is newer. */
  const settle = () =>
    touched.forEach((about, el) => {
      const said = word(el);
      const shown = word(el, 0);
      if (!safe(el).isConnected || (!isTyping(el) && (shown === said || shown === about))) restore(el);
      else {
        safe(el).toggleAttribute("ht-newer", said !== about && said !== shown);
        safe(el).toggleAttribute("ht-dirty", said !== shown);
      }
    });

  /** A patch is put in: a field that goes with it was not left by the person. */
  let changing = false;

  /** Change the page, and leave to the person what is theirs. @param {() => void} change */
  function keeping(change) {
    const shown = [...touched.keys()].map((el) => [el, word(el, 0)]);
    const { activeElement: active } = document;
    const places = () => [.../** @type {any} */ (document.querySelectorAll("[autofocus]"))];
    const known = places();
    changing = true;
    try {
      change();
    } finally {
      changing = false;
    }
    // Who is nowhere goes on where the new part of the page says, and whose place is gone anywhere.
    const lost = !active?.isConnected;
    const place = places().find((el) => !known.includes(el)) || (lost && places()[0]);
    if (place && (lost || active === document.body || !safe(active).getClientRects()[0])) place.focus();
    for (const [el, value] of shown)
      if (value !== word(el, 0)) {
        for (const part of choices(el))
          part["selected" in part ? "selected" : "checked"] = value.split("\n").includes(mark(part));
        // What was chosen is gone.
        if (value !== word(el, 0)) restore(el);
      }
    settle();
  }

  /** @param {string} type @param {(event: any) => void} act */
  const listen = (type, act) => document.addEventListener(type, act, true);

  // Before the actions of `blur`, so that these send what is shown.
  for (const type of ["focus", "input", "blur"])
    listen(type, ({ target }) => {
      if (word(target) !== undefined && !touched.has(target)) {
        touched.set(target, word(target));
        // A field that was never written in would follow its attribute.
        if (isText(target) && word(target, 0) === target.value) target.value = target.value;
      }
      settle();
    });
  listen("reset", () => setTimeout(settle));

  /* ---- Morph: make a part of the page equal to new HTML, and keep its nodes ---- */

  // What the server said last of a node stands on it as `htSaid`: of a text its data, of an element
  // its attributes. What has none came from elsewhere, and stays.

  /**
   * Learn what the server says in HTML of its own, and which events have actions: nobody listens
   * to each move of the pointer for nothing. To listen twice is to listen once.
   * @param {any} root
   */
  function learn(root) {
    if (root instanceof Element) {
      // With scripts on, what a `noscript` holds is text.
      if (root.nodeName === "NOSCRIPT") root.textContent = root.innerHTML;
      root.htSaid = {};
      for (const { name, value } of safe(root).attributes) {
        root.htSaid[name] = value;
        if (name === "contenteditable" && value !== "false") root.htText = root.innerHTML;
        if (/^ht-/.test(name)) listen(name.slice(3), handle);
      }
    } else root.htSaid = root.data;
    for (const tree of roots(root)) safe(tree).childNodes.forEach(learn);
  }

  /**
   * What a node may be kept for: its id, else the things that can be chosen in it.
   * @param {any} node @param {boolean} [loose] for any neighbour of its kind
   */
  function key(node, loose) {
    node = safe(node);
    const name = node.nodeName;
    if (!(node instanceof Element)) return name;
    const id = node.getAttribute("id");
    if (id) return name + "#" + id;
    const found =
      /OPTION|box|radio/.test(name + node.type) ? [node] : loose ? [] : [...node.querySelectorAll("[type=radio],[type=checkbox]")];
    return name + node.getAttribute("ht-keep") + found.map((el) => [el.name, el.value]);
  }

  /** @type {Record<string, any>} what has an id in the new HTML, by key */
  let coming = {};

  /** @type {any[]} what left its place while it comes in at another */
  let leaving = [];

  /**
   * Make neighbours equal to other nodes. What has an id is kept wherever it stands among them.
   * @param {Parent} parent
   * @param {Node[]} old neighbours in `parent`
   * @param {any[]} fresh used up: what is new is moved into the page
   * @param {Node | null} next what follows
   */
  function renew(parent, old, fresh, next) {
    coming = {};
    leaving = [];
    fresh[0]?.parentNode.querySelectorAll("[id]").forEach((/** @type {any} */ el) => (coming[key(el)] = el));
    morphNodes(parent, old, fresh, next);
    for (const el of leaving) {
      const place = coming[key(el)];
      // Only where an id stands twice, another one was kept for it.
      if (!safe(place).isConnected) parentOf(el).removeChild(el);
      else {
        put(parentOf(place), el, place);
        morphNode(el, place);
        parentOf(place).removeChild(place);
      }
    }
  }

  /**
   * Take out a node. What is to stand elsewhere waits in the page: only there it keeps its focus.
   * @param {any} node
   */
  function leave(node) {
    const named = node instanceof Element ? [node, ...safe(node).querySelectorAll("[id]")] : [];
    for (const el of named)
      if (coming[key(el)]) {
        leaving.push(el);
        put(document.body, el, null);
      }
    if (!leaving.includes(node)) parentOf(node).removeChild(node);
  }

  /**
   * The same with the fewest moves, for what stays with its neighbours.
   * @param {any} parent @param {any[]} all @param {any[]} fresh @param {Node | null} next
   */
  function morphNodes(parent, all, fresh, next) {
    const old = all.filter((node) => node.htSaid !== undefined);
    const strangers = all.filter((node) => node.htSaid === undefined && /\S/.test(node.textContent));
    /** @type {(number | undefined)[]} */
    const found = [];
    for (const loose of [false, true]) {
      const taken = new Set(found);
      /** @type {Record<string, number[]>} */
      const free = {};
      for (let at = old.length; at--; ) if (!taken.has(at)) (free[key(old[at], loose)] ||= []).push(at);
      fresh.forEach((node, i) => (found[i] ??= free[key(node, loose)]?.pop()));
    }
    const kept = new Set(found);
    old.forEach((node, at) => kept.has(at) || leave(node));
    // What goes on rising stays where it is, and the rest is moved around it.
    let most = -1;
    const still = new Set(found.filter((/** @type {any} */ at) => at > most && ((most = at), true)));
    for (let i = fresh.length; i--; ) {
      const at = /** @type {number} */ (found[i]);
      const node = old[at] || fresh[i];
      if (!still.has(at)) put(parent, node, next);
      if (node !== fresh[i]) morphNode(node, fresh[i]);
      // A translator puts its own in the place of a text.
      else if (node instanceof Text && /\S/.test(node.data)) strangers.pop()?.remove();
      next = node;
    }
  }

  /**
   * Where browsers have moveBefore, a moved frame, film or focus goes on; elsewhere the focus is
   * put back, and with it the caret.
   * @param {any} parent @param {Node} node @param {Node | null} next
   */
  function put(parent, node, next) {
    const { activeElement } = /** @type {any} */ (document);
    const own = safe(parent);
    own[safe(node).isConnected && parent instanceof Element && own.moveBefore ? "moveBefore" : "insertBefore"](node, next);
    if (activeElement !== document.activeElement) activeElement.focus({ preventScroll: true });
  }

  /** @param {any} el a node of any kind @param {any} fresh one of the same name */
  function morphNode(el, fresh) {
    if (!(el instanceof Element)) {
      if (el.htSaid !== fresh.data) el.data = el.htSaid = fresh.data;
      return;
    }
    if ("ht-keep" in fresh.htSaid) return;
    const was = STATES.map(([, said]) => el[said]);
    morphAttributes(el, fresh);
    if (el.htText === undefined || !isTheirs(el)) morphInside(el, fresh);
    el.htText = fresh.htText;
    STATES.forEach(([name, said], i) => {
      if (el[said] !== was[i] && !isTheirs(el)) el[name] = el[said];
    });
  }

  /** The trees that a node has: its own, a template's, the one in its shadow. @param {any} node @returns {any[]} */
  const roots = (node) =>
    [node, node.content, node.shadowRoot].filter((root) => root === node || root instanceof DocumentFragment);

  /** @param {any} el @param {any} fresh */
  const morphInside = (el, fresh) =>
    roots(fresh).forEach((from, i) => {
      const to = roots(el)[i] || el.attachShadow({ mode: "open" });
      morphNodes(to, [...safe(to).childNodes], [...safe(from).childNodes], null);
    });

  /** @param {any} el @param {any} fresh */
  function morphAttributes(el, fresh) {
    const said = el.htSaid ?? {};
    el.htSaid = fresh.htSaid;
    for (const name in said) if (!(name in el.htSaid)) safe(el).removeAttribute(name);
    for (const node of safe(fresh).attributes)
      if (said[node.name] !== node.value)
        // Set as a node it keeps its namespace: `xlink:href` in an svg.
        safe(el).setAttributeNode(node.cloneNode());
  }

  /** @param {string} html */
  function parse(html) {
    const template = make("template", {});
    // It makes shadow roots of the templates that say so.
    if (template.setHTMLUnsafe) template.setHTMLUnsafe(html);
    else template.innerHTML = html;
    learn(template.content);
    return template.content;
  }

  /* ---- Patches ---- */

  /**
   * An element, or with the marker at the end of several all of these.
   * @param {any} el @returns {ChildNode[]}
   */
  function extent(el) {
    /** @type {any[]} */
    const nodes = [el];
    if (safe(el).getAttribute("ht-end") === "")
      for (let node = el; (node = node.previousSibling); ) {
        nodes.push(node);
        if (node.data === "ht " + encodeURIComponent(el.id)) return nodes.reverse();
      }
    return [el];
  }

  /** @param {any} el with what belongs to it @param {Node[]} nodes */
  function replace(el, nodes) {
    el.htSaid ??= {};
    renew(parentOf(el), extent(el), nodes, safe(el).nextSibling);
  }

  /** @param {any} parent @param {Node[]} nodes @param {Node | null} next */
  const insert = (parent, nodes, next) => nodes.forEach((node) => put(parent, node, next));

  /**
   * What each op does to the element that it names with the nodes that it brings.
   * @type {Record<string, (to: any, nodes: any[], op?: any, status?: any, job?: any) => void>}
   */
  const OPS = {
    replace,
    append(list, nodes) {
      if (safe(list).getAttribute("ht-end") === "") insert(parentOf(list), nodes, list);
      else insert(list, nodes, null);
    },
    before(row, nodes) {
      insert(parentOf(row), nodes, extent(row)[0]);
    },
    after(row, nodes) {
      insert(parentOf(row), nodes, safe(row).nextSibling);
    },
    move(row, _, op) {
      const list = byId(op.getAttribute("ht-in"));
      const other = byId(op.getAttribute("ht-before"));
      if (list) OPS.append(list, extent(row));
      else if (other) OPS.before(other, extent(row));
    },
    remove: replace,
    attrs(el, nodes) {
      morphAttributes(el, nodes[0]);
    },
    style(_, __, op) {
      if (!byId("ht-style")) document.head.append(make("style", { id: "ht-style", nonce }));
      const style = byId("ht-style");
      // One rule a line; what stands there already is not said twice.
      style.append("\n", op.content);
      style.textContent = [...new Set(style.textContent.split("\n"))].join("\n");
    },
    page(_, nodes) {
      document.title = nodes.shift().textContent;
      renew(document.body, [...document.body.childNodes], nodes, null);
      defineStores();
    },
    visit(_, __, op) {
      // Resolved, as a browser reads more as a scheme or a host than what it looks like.
      const to = /** @type {any} */ (new URL(op.getAttribute("ht-to"), location.href));
      // Another site only where the server has said that it is meant.
      if (/^http/.test(to) && (op.id || to.origin === location.origin)) location.href = to;
    },
    history(_, __, op) {
      const to = op.content.textContent;
      pageForm().elements["ht-url"].value = to;
      // Where back or forward led, the browser is already, or even further.
      if (op.id) /** @type {any} */ (history)[op.id + "State"](null, "", to);
    },
    error(_, __, op, status) {
      tell(status, op.content.textContent);
    },
    invalid(_, __, op, status, job) {
      const form = formOf(job);
      if (form === byId("ht")) return tell(status, op.content.textContent);
      for (const said of op.content.children) showMessage(form, said);
      if (!job.check) safe(form).querySelector("[aria-invalid]")?.focus();
    },
  };

  /**
   * Apply a patch, or of one that does not fit only what has no cursor.
   * @param {any} content @param {string} patch the same as text
   * @param {boolean} fits @param {number} status of the answer @param {Job} job
   * @returns {boolean} whether the page was changed
   */
  function applyPatch(content, patch, fits, status, job) {
    fits &&= emit("before-patch", { patch });
    /** @type {string[]} */
    const ids = [];
    learn(content);
    keeping(() => {
      for (const part of [...content.children]) {
        /** @type {any} */
        const op = safe(part);
        const name = op.getAttribute("ht-op");
        for (const id of (op.getAttribute(name ? "ht-to" : "id") || "").split("\n")) {
          const to = byId(id);
          const place = to && (/append|attrs/.test(name) ? safe(to) : parentOf(to));
          // What has left the page meanwhile is skipped: nothing shown is stale.
          if (!/visit|error|invalid/.test(name) && (!fits || ((id || !name) && !to) || place?.closest("[ht-keep]"))) continue;
          // Parts of an svg come inside one, or they would be parsed as HTML.
          const from = op.hasAttribute("ht-inner") ? op.content.firstElementChild : op.content;
          OPS[name || "replace"](to, name ? [...from.childNodes] : [part], op, status, job);
          if (to) ids.push(id);
        }
      }
    });
    if (fits) emit("after-patch", { ids });
    return fits;
  }

  /** @param {string} name @param {object} detail @returns {boolean} false when prevented */
  const emit = (name, detail) =>
    document.dispatchEvent(new CustomEvent(`htealeaf:${name}`, { detail, cancelable: true }));

  /** @param {number} status @param {string} message @param {string} [url] that may help */
  function tell(status, message, url) {
    if (!emit("error", { status, message })) return;
    byId("ht-error")?.remove();
    // Outside of an open dialog it would be neither seen nor read out.
    const place = document.querySelector("dialog[open]") || document.body;
    const box = make("a", { id: "ht-error", role: "alert", target: "_blank", textContent: message });
    // A link that leads nowhere is text.
    if (url) box.href = url;
    place.append(box);
  }

  /* ---- Messages of what was refused ---- */

  /** Those that are shown: in which form, at which control. @type {any[][]} */
  let messages = [];

  /** Tie a control to its message, beside what the server says. @param {any} control @param {any} [id] */
  function tie(control, id) {
    control.ariaInvalid = id && "true";
    control.setAttribute("aria-describedby", [control.htSaid?.["aria-describedby"], id].join(" ").trim());
  }

  /**
   * Show a message at its control, or at the head of the form.
   * @param {any} form @param {any} said
   */
  function showMessage(form, said) {
    // A copy is nobody's word, so what is patched later leaves it alone.
    const message = said.cloneNode(true);
    const control = group({ name: said.getAttribute("ht-field"), form })[0];
    messages.push([form, control, message]);
    if (control) {
      tie(control, said.id);
      (control.closest(".ht-field")?.lastElementChild || control).after(message);
    } else {
      message.role = "alert";
      safe(form).prepend(message);
      message.scrollIntoView();
    }
  }

  /**
   * Take away the messages of a form, or those of one control.
   * @param {any} form @param {Control} [check]
   */
  const clearMessages = (form, check) =>
    (messages = messages.filter(([of, control, message]) => {
      const other = of !== form || (check && check.name !== control?.name);
      if (!other) {
        message.remove();
        if (control) tie(control, null);
      }
      return other;
    }));

  /* ---- The queue: one request at a time ---- */

  /** @type {Job[]} the first one is under way */
  const queue = [];

  /** @type {Promise<any>} */
  let last = Promise.resolve();

  /** One-time ids of what somebody else answered: sent again it is still the same click. @type {Record<any, number>} */
  const unsure = {};

  /** How long to wait for the next try of what is late, and may never have come. */
  let late = 0;

  /** Try again at once what nobody answered. */
  /** @type {undefined | (() => void)} */
  let wake;

  /** Whether a page that is left sends it nevertheless: of 64 KiB browsers do. @param {any} body */
  const isShort = (body) => body.length < 2e4;

  /** @param {Control} el @returns {boolean} whether it acted and was not answered yet */
  const waits = (el) => queue.some((job) => job.el === el);

  /** @param {boolean} on */
  function showBusy(on) {
    for (const job of queue)
      if (job.el) {
        const el = safe(job.el);
        el.ariaBusy = on || null;
        el.classList.toggle("ht-busy", on);
        if (!el.getAttribute("class")) el.removeAttribute("class");
      }
  }

  /** @param {Job} job @returns {Promise<boolean>} whether it succeeded */
  function enqueue(job) {
    queue.push(job);
    showBusy(true);
    return (last = last.then(() => perform(job)).catch(/** @type {any} */ (reportError)));
  }

  /** Which page this is, and its own state: the fields of its form. @returns {any} */
  function pageHeaders() {
    /** @type {Record<string, string>} */
    const headers = {};
    for (const { name, value } of pageForm().querySelectorAll("input")) if (value) headers[name] = value;
    return headers;
  }

  /**
   * Bring the page from one cursor to another.
   * @param {string} text a patch, with what somebody else has put around it
   * @param {Response} answer the one that it came in: its headers say from where to where
   * @param {any} [job] that it answers
   * @returns {boolean} whether it is ours
   */
  function bring(text, { headers, status }, job) {
    const shown = pageAttribute("ht-cursor");
    const said = headers.get("HT-Cursor");
    const since = headers.get("HT-Since") || shown;
    // What stands around our patch is somebody else's. An answer without one has only its header.
    /** @type {any} */
    const patch = parse(text).querySelector("template[ht]");
    const ours = said && (!text || patch);
    if (ours && job?.body && status < 400) byId("ht-error")?.remove();
    if (ours && job) clearMessages(formOf(job), job.check);
    const cursor = ours ? said : shown;
    const [[epoch, now], [newEpoch, to], [, from]] = [shown, cursor, since].map((/** @type {any} */ text) => text.split("."));
    const same = epoch === newEpoch;
    const newer = !same || +to > +now;
    // What starts from just what is shown always fits: a page whose key changed is sent whole,
    // at the very cursor.
    const fits = since === shown || (newer && same && +from <= +now);
    // The marks of waiting are not the server's: off while its HTML is compared.
    showBusy(false);
    if (patch ? ours && applyPatch(patch.content, text, fits, status, job) : fits)
      pageForm().setAttribute("ht-cursor", cursor);
    showBusy(true);
    if (JSON.stringify(pageHeaders()) !== followed) follow();
    // Something is missing before it.
    if (newer && !fits) catchUp();
    return !!ours;
  }

  /** @param {Job} job */
  async function perform(job) {
    const { url, form, fields, el, value, by, verb, body, check } = job;
    /** @type {Record<string, any>} */
    const headers = {
      "HT-Verb": verb || "",
      "HT-Cursor": pageAttribute("ht-cursor"),
      "HT-Query": location.search || "?",
      "HT-Id": (unsure[body] ||= Math.random()),
      "HT-Check": encodeURIComponent(check?.name || ""),
      ...pageHeaders(),
    };
    // With files the browser says what it is.
    if (!body.get) headers["Content-Type"] = "application/json";
    const timer = setInterval(() => {
      // A click may wait behind a look.
      if (body.get || !queue.some((job) => job.body)) return;
      clearInterval(timer);
      late = 1;
      tell(0, "Not saved yet, trying again");
    }, 1500);
    /** @type {any} */
    let answer;
    let text = "";
    for (;;) {
      try {
        answer = await (body.get ? upload : fetch)(url, {
          form: formOf(job),
          keepalive: isShort(body),
          method: body ? "POST" : "GET",
          body: body || null,
          headers,
          cache: "no-store",
          // Ours leads nowhere; a gate does, maybe to another host.
          redirect: "manual",
        });
        text = await answer.text();
      } catch {
        answer = Response.error();
      }
      if (!body || answer.headers.has("HT-Cursor") || !/error|50[234]|52./.test(answer.type + answer.status)) break;
      late = late ? 3e3 : 300;
      await new Promise((/** @type {any} */ resolve) => setTimeout((wake = resolve), late));
    }
    clearInterval(timer);
    late = 0;
    showBusy(false);
    queue.shift();
    const ours = bring(text, answer, job);
    const ok = ours && answer.ok;
    if (ours || body.get) delete unsure[body];
    // This page in a window of its own shows what it is, where one is to log in, say.
    if (body && !ours) tell(answer.status, "Not saved yet, try again", "#");
    // What was typed meanwhile is for the next time.
    if (ok && form && fields === fieldsOf(form)) safe(form).reset();
    // A field without a value of the server is the person's own.
    if (el && !waits(el) && word(el, 0) === value && !(isText(el) && (ok ? !el.defaultValue : !ours)))
      if (isTyping(el)) touched.set(el, value);
      else restore(el);
    // What a button says to a dialog, it says once its action has succeeded.
    // Read from its attributes: of a button that sends a form, browsers hide both as properties.
    if (by && ok) byId(by.getAttribute("commandfor"))?.[by.getAttribute("command").replace("-m", "M")]?.();
    return ok;
  }

  /** @param {HTMLFormElement} form */
  const fieldsOf = (form) => `${[...new FormData(form)]}`;

  /* ---- Catch up ---- */

  /**
   * Bring the page to where back or forward led, or to now; what is under way does that anyway.
   * @returns {Promise<boolean>}
   */
  /**
   * Bring the page to now; what is under way does so anyway, but not to where back or forward led.
   * @param {string} [type] of the event @returns {Promise<boolean>}
   */
  const catchUp = (type) =>
    queue[0] && type !== "popstate" ? last : enqueue({ url: apiUrl("live"), body: "" });

  // Focus and visibility come together; while the first asks, the second has nothing to do.
  for (const type of ["beforeunload", "visibilitychange", "online", "focus", "pageshow", "popstate"])
    addEventListener(type, (/** @type {any} */ event) => {
      flush();
      wake?.();
      // Who leaves now would lose what did not come yet.
      if (/^b/.test(type)) (late || queue.some(({ body }, i) => i || !isShort(body))) && event.preventDefault();
      else if (event.persisted !== false && pageForm())
        if ((/foc|pop/.test(type) || !follow()) && !document.hidden) catchUp(type);
    });

  /* ---- Live: what others do comes by itself, while the page is looked at ---- */

  /** Ends what brings it. @type {AbortController | undefined} */
  let following;

  /** For which page, and which state of it, that was asked. */
  let followed = "";

  /** @type {any} the time to ask anew */
  let soon;

  /** How long to wait for that where the server has no room; it grows while nothing happens. */
  let calm = 0;

  /** Nothing has come yet: what keeps a stream to itself on its way may let an answer through. */
  let deaf = false;

  /** Ask for what happens from now on. @returns {any} whether the page is live, and looked at */
  function follow() {
    following?.abort();
    clearTimeout(soon);
    followed = JSON.stringify(pageHeaders());
    following = document.hidden || pageAttribute("ht-live") !== "" ? undefined : new AbortController();
    if (following) listenTo(following);
    return following;
  }

  /** @param {AbortController} own as long as it is `following` */
  async function listenTo(own) {
    const again = (/** @type {number} */ ms) => {
      clearTimeout(soon);
      if (own === following) soon = setTimeout(follow, ms * (1 + Math.random() / 2));
    };
    /** @param {string} text @param {any} answer */
    const take = (text, answer) => {
      // What is under way comes first, and may make it one about another page.
      last = last.then(() => own === following && bring(text, answer)).catch(reportError);
    };
    again(1e4);
    try {
      const headers = { ...pageHeaders(), "HT-Cursor": pageAttribute("ht-cursor"), Accept: deaf ? "*/*" : "text/event-stream" };
      deaf = !deaf;
      const answer = await fetch(apiUrl("live"), { headers, cache: "no-store", signal: own.signal });
      const { ok, body } = answer;
      if (ok) calm = 0;
      if (/event/.test(/** @type {any} */ (answer.headers.get("Content-Type")))) {
        let text = "";
        // @ts-ignore Not every browser iterates a body.
        const reader = body.pipeThrough(new TextDecoderStream()).getReader();
        for (let part; !(part = await reader.read()).done; ) {
          deaf = false;
          // A line that broke unheard would be silent for ever.
          again(3e4);
          /** @type {any[]} */
          const events = (text + part.value).split("\n\n");
          text = events.pop();
          for (const one of events) {
            const [said, since, ...lines] = one.replace(/^(id|data): /gm, "").split("\n");
            if (since) take(lines.join("\n"), { headers: new Map([["HT-Cursor", said], ["HT-Since", since]]) });
          }
        }
      } else {
        deaf = false;
        if (answer.status < 400) take(await answer.text(), answer);
      }
    } catch {}
    again((calm = Math.min(calm * 1.5 || 2e3, 3e4)));
  }

  /* ---- Actions ---- */

  /** @param {Trigger | Job} now @returns {any} the form of what acts */
  const formOf = (/** @type {any} */ { el, check }) => {
    const own = safe(el || check);
    return own?.form || own?.closest("form") || byId("ht");
  };

  /** @param {any} form @param {Trigger} now what it would send */
  const entriesOf = (form, { event }) =>
    new FormData(form, event?.target === form ? event.submitter : null);

  /**
   * What a form would send under a name: HTML standard, "constructing the entry list".
   * @param {string} name of controls in the same form, or an id
   * @param {Trigger} now
   */
  function valueOf(name, now) {
    const there = byId(name);
    const known = safe(there)?.matches("input,select,textarea");
    const form = known ? there.form : formOf(now);
    const [control, more] = known ? [there] : group({ name, form });
    if (!control) throw `No ${name}`;
    const { type, value } = control;
    if (type === "checkbox" && !more) return control.checked && !control.matches(":disabled");
    const all = form && control.name ? entriesOf(form, now).getAll(control.name) : [value];
    // Of radios and of buttons one is meant.
    return /mul/.test(type) || (more && !/rad|sub/.test(type)) ? all : (all[0] ?? null);
  }

  /**
   * Run code that the page was made with, under its nonce: no eval.
   * @param {string} code @param {Trigger} now
   */
  function runCode(code, now) {
    const text = `(function(event){${code}\n}).call(htealeaf.now.el,htealeaf.now.event)`;
    const script = make("script", { nonce, text });
    api.now = now;
    document.head.append(script);
    script.remove();
    api.now = {};
  }

  // A slot of the browser in an offer: no quote stands inside a text of JSON as it stands here.
  const SLOT = /{"\$":(\["[vte]\w+"(,"(\\.|[^"])*")*])}/g;

  /**
   * Send an offer as it stands in the page, byte for byte, and what the person adds.
   * @param {string} url @param {string} offer @param {Trigger} [now] @param {any} [form] to reset
   * @returns {Promise<boolean>} whether it succeeded
   */
  async function send(url, offer, now = api.now, form) {
    try {
      const el = safe(now.el);
      const values = [...decodeURIComponent(offer.split("&")[0]).matchAll(SLOT)].map(([, slot]) => {
        const [kind, name] = JSON.parse(slot);
        if (kind === "entries") return [...entriesOf(formOf(now), now)];
        return kind === "value" ? valueOf(name, now) : (kind === "this" ? el : now.event)[name];
      });
      /** @type {any} */
      let body = JSON.stringify([offer, ...values]);
      const files = values.flat(2).filter((value) => value?.stream);
      // A file is no JSON: in it, an empty object says where one stands.
      if (files.some((file) => file.name)) {
        const data = new FormData();
        data.append("ht-action", body);
        for (const file of files) data.append("ht-file", file);
        body = data;
      }
      const job = {
        url,
        value: el && word(now.el, 0),
        el: now.el,
        check: now.check,
        fields: form && fieldsOf(form),
        by: now.event?.submitter || el,
        form,
        verb: "offer",
        body,
      };
      // Of which each press counts is empty for the next at once; what is refused comes back.
      if (!form || /&one\b/.test(offer)) return enqueue(job);
      const typed = [...safe(form).elements].map((/** @type {any} */ el) => [el, el.value, el.checked]);
      safe(form).reset();
      const empty = (job.fields = fieldsOf(form));
      const ok = await enqueue(job);
      if (!ok && empty === fieldsOf(form))
        for (const [el, value, checked] of typed) if (el.type !== "file") Object.assign(el, { value, checked });
      return ok;
    } catch (error) {
      tell(0, `${error}`);
      return false;
    }
  }

  /** @type {Map<any, () => void>} what waits for quiet or for its time */
  const delayed = new Map();

  /** Do at once what waits: its value is not to come after another, or never. */
  const flush = () => delayed.forEach((act) => act());

  /** Whether the key that is down belongs to an input method. */
  let composing = false;

  /** @param {any} event */
  function handle(event) {
    const { type, target, submitter, key } = event;
    const submit = type === "submit";
    // To type on a screen is to compose, too: those keys have no name.
    if (type === "keydown") composing = (event.isComposing || event.keyCode === 229) && key !== "Unidentified";
    if (/^key/.test(type) && composing) return;
    if (type === "blur") flush();
    if (changing) return;
    /** @type {Control} */
    let el = target;
    let name = `ht-${type}`;
    if (!submit) {
      el = safe(target).closest?.(`[${name}]`);
      // To enter or leave concerns one element, and a submit follows when the form is valid.
      if (!el || (/enter|leave/.test(type) && el !== target)) return;
      if (type === "click" && safe(el).hasAttribute("formaction")) return;
    } else if (submitter?.hasAttribute("formaction")) {
      el = submitter;
      name = "ht-click";
    }
    const attribute = (/** @type {string} */ name) => safe(el).getAttribute(name);
    const own = attribute("formaction") ?? attribute("action");
    const text = attribute(name) ?? (own?.startsWith(apiUrl("")) && own);
    if (!text) return;
    /** @type {string[]} */
    const steps = text[0] === "[" ? JSON.parse(text).map((/** @type {string} */ step) => step || own) : [text];
    const offer = steps.find((step) => !/^js:/.test(step)) || "?";
    // What works without scripts has the whole address; `ht-<event>` only says which place it is.
    const [url, signed] = offer.replace(/^\w/, apiUrl("store/$&")).split("?");
    /** @type {any} */
    const query = new URLSearchParams(signed);
    if ((query.get("key") || key) !== key) return;
    // With these a link is opened in a window of its own.
    if (el.href && (event.ctrlKey || event.metaKey || event.shiftKey)) return;
    if (submit || query.has("prevent")) event.preventDefault();
    const form = submit && target !== byId("ht") && !query.has("keep_values") && target;
    wake?.();
    // The server says of which a second press is none.
    if (query.has("one") && waits(el)) return;
    /** @type {any} */
    const memory = (el[name] ||= { at: 0 });
    const cancel = () => {
      clearTimeout(memory.timer);
      delayed.delete(memory);
    };
    const act = async () => {
      cancel();
      const question = query.get("confirm");
      if (question && !confirm(question)) return restore(el);
      memory.at = Date.now();
      memory.done = query.has("once");
      // A step follows only when the one before it succeeded.
      for (const step of steps)
        if (step !== offer) runCode(step.slice(3), { el, event });
        else if (!(await send(url, signed, { el, event }, form))) return;
    };
    const wait = query.get("debounce") || query.get("throttle") - Date.now() + memory.at;
    cancel();
    if (memory.done) return;
    if (wait > 0) {
      delayed.set(memory, act);
      memory.timer = setTimeout(act, wait);
    } else {
      flush();
      act();
    }
  }

  for (const type of ["keydown", "submit", "blur"]) listen(type, handle);

  /* ---- store_<name> ---- */

  /** @param {string} name with its key, as in a URL */
  function makeStore(name) {
    /** @param {string} path */
    const urlOf = (path) => apiUrl(`store/${name}/${path.split("/").map(segment).join("/")}`);
    // A URL drops the segments "." and ".." (URL standard, "path state").
    /** @param {string} key */
    const segment = (key) => (/^\.\.?$/.test(key) ? key.replaceAll(".", "~.") : encodeURIComponent(key));
    /** @type {Record<string, any>} */
    const own = {
      then: 0, // it is no promise, whoever awaits it
      /** @param {string} path */
      read: async (path) => (await fetch(urlOf(path), { cache: "no-store" })).json(),
      /** @param {string} key */
      of: (key) => makeStore(`${name}@${encodeURIComponent(key)}`),
    };
    // Which verbs there are is for the server to say.
    return new Proxy(own, {
      get: (own, /** @type {string} */ verb) =>
        own[verb] ??
        ((/** @type {string} */ path, /** @type {any} */ value = null, last = "") =>
          /&o=/.test(last)
            ? send(urlOf(path), last)
            : enqueue({ url: urlOf(path) + (last && `?keep=${last}`), verb, body: JSON.stringify(value) })),
    });
  }

  function defineStores() {
    for (const name of pageAttribute("ht-stores")?.match(/\S+/g) || [])
      // What has that id in the page is found under that name too, but it is not the window's own.
      if (!Object.hasOwn(window, `store_${name}`))
        /** @type {any} */ (window)[`store_${name}`] = makeStore(name);
  }

  /** @type {Record<string, any>} */
  const api = {
    /**
     * Make an element equal to the one in `html`, and keep its nodes.
     * @param {Element} node @param {string} html
     */
    morph(node, html) {
      learn(node);
      keeping(() => replace(node, [...parse(html).childNodes]));
    },
    catchUp,
    send,
    /** @type {Trigger} what code is run for */
    now: {},
  };
  /** @type {any} */ (window).htealeaf = api;

  learn(document);
  defineStores();
  if (pageForm()) follow();
})();
