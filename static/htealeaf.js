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
   * @typedef {{el?: Control, event?: any}} Moment what slots are read from
   *
   * @typedef {object} Job one request that waits or is under way
   * @property {string} url
   * @property {string | undefined} [body] JSON; a job without one is a catch-up
   * @property {string} [verb]
   * @property {string} [offer] the query that the server signed
   * @property {Control} [el] what was clicked; it shows that it waits
   * @property {any} [by] what was pressed
   * @property {string} [value] what `el` showed
   * @property {HTMLFormElement} [form] reset when the action succeeded
   * @property {string} [fields] what `form` showed
   */

  const VERBS = "update set replace increment toggle append insert merge move delete clear";

  /** What a person may change, and the server's word on it. */
  const STATES = [
    ["value", "defaultValue"],
    ["checked", "defaultChecked"],
    ["selected", "defaultSelected"],
  ];

  const nonce = document.currentScript?.nonce;

  /** @param {string | null} id @returns {any} */
  const byId = (id) => document.getElementById(/** @type {string} */ (id));

  /** The form that every page of ours begins with. @returns {any} */
  const pageForm = () => byId("ht");

  /** @param {string} name @returns {any} */
  const pageAttribute = (name) => pageForm()?.getAttribute(name);

  /** @param {string} path */
  const apiUrl = (path) => `${pageAttribute("ht-base")}/api/_${path}`;

  /* ---- Morph: make a part of the page equal to new HTML, and keep its nodes ---- */

  // What is remembered of an element stands on it: `htOpen`, whether the server said that it is
  // open (a person opens a `details` by the same attribute); `htHeld`, the text of a focused field
  // for which the server's value waits; `ht-click` and so on, when that was done.

  /**
   * Learn from HTML of the server what it opened and which events have actions: nobody listens
   * to each move of the pointer for nothing. To listen twice is to listen once.
   * @param {ParentNode} root
   */
  function learn(root) {
    for (const el of /** @type {any} */ (root.querySelectorAll("*")))
      for (const { name } of el.attributes) {
        if (name === "open") el.htOpen = true;
        if (/^ht-/.test(name)) document.addEventListener(name.slice(3), handle, true);
      }
  }

  // A control called "id" hides the property `id` of its form, so the attribute is asked.
  /** @param {any} node what may be kept for what */
  const key = (node) => node.nodeName + node.getAttribute?.("id");

  /** @param {any} node @returns {Parent} where its children are */
  const inside = (node) => (node.nodeName === "TEMPLATE" ? node.content : node);

  /** @param {Control} el */
  const isText = (el) => "defaultValue" in el && !/checkbox|radio|file/.test(el.type);

  /** @param {Control} el */
  const isTyping = (el) => el === document.activeElement && isText(el);

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
      if (!place.isConnected) el.remove();
      else {
        put(place.parentNode, el, place);
        morphNode(el, place);
        place.remove();
      }
    }
  }

  /**
   * Take out a node. What is to stand elsewhere waits in the page: only there it keeps its focus.
   * @param {any} node
   */
  function leave(node) {
    for (const el of [node, ...(node.querySelectorAll?.("[id]") || [])])
      if (coming[key(el)]) {
        leaving.push(el);
        put(document.body, el, null);
      }
    if (!coming[key(node)]) node.remove();
  }

  /**
   * The same with the fewest moves, for what stays with its neighbours.
   * @param {Parent} parent @param {Node[]} old @param {Node[]} fresh @param {Node | null} next
   */
  function morphNodes(parent, old, fresh, next) {
    /** @type {Record<string, number[]>} */
    const free = {};
    old.forEach((node, at) => (free[key(node)] ||= []).push(at));
    const found = fresh.map((node) => /** @type {number} */ (free[key(node)]?.shift()));
    old.forEach((node, at) => found.includes(at) || leave(node));
    const focused = old.findIndex((node) => node.contains(document.activeElement));
    const still = unmoved(found, focused);
    for (let i = fresh.length; i--; ) {
      const node = old[found[i]] || fresh[i];
      if (!still.includes(found[i])) put(parent, node, next);
      if (node !== fresh[i]) morphNode(node, fresh[i]);
      next = node;
    }
  }

  /**
   * The longest rising part of `found`, around the focused one: a moved element loses its focus.
   * @param {number[]} found old places in the new order, undefined for what is new
   * @param {number} focused old place, -1 for none
   */
  function unmoved(found, focused) {
    const middle = found.indexOf(focused);
    const places = found.filter((at, i) => at >= 0 && (middle < 0 || at <= focused === i <= middle));
    /** @type {number[]} the lowest end of a rise of each length */
    const ends = [];
    /** @type {number[]} what stands before each in its rise */
    const before = [];
    places.forEach((at) => {
      let length = ends.length;
      // Mostly rows are in order, and no search is needed.
      if (at < ends[length - 1]) length = ends.findIndex((end) => at < end);
      before[at] = ends[length - 1];
      ends[length] = at;
    });
    // Back from the last one, each end gives way to what stands before the next.
    for (let i = ends.length; i-- > 1; ) ends[i - 1] = before[ends[i]];
    return ends;
  }

  /**
   * Where browsers have moveBefore, a moved frame, film or focus goes on; elsewhere the focus is
   * put back, and with it the caret.
   * @param {any} parent @param {Node} node @param {Node | null} next
   */
  function put(parent, node, next) {
    const { activeElement } = /** @type {any} */ (document);
    parent[node.isConnected && parent.moveBefore ? "moveBefore" : "insertBefore"](node, next);
    if (activeElement !== document.activeElement) activeElement.focus({ preventScroll: true });
  }

  /** @param {any} el a node of any kind @param {any} fresh one of the same name */
  function morphNode(el, fresh) {
    if (!el.attributes) {
      if (el.data !== fresh.data) el.data = fresh.data;
      return;
    }
    const typing = isTyping(el);
    // A field that was never written in would follow its attribute.
    if (typing) el.value = el.value;
    const was = STATES.map(([, said]) => el[said]);
    morphAttributes(el, fresh);
    morphNodes(inside(el), [...inside(el).childNodes], [...inside(fresh).childNodes], null);
    STATES.forEach(([name, said], i) => {
      if (el[said] === was[i] || waits(el)) return;
      if (!typing) el[name] = el[said];
      else if (el.value === was[i]) el.htHeld = el.value;
    });
  }

  /** @param {Control} el @param {Element} fresh */
  function morphAttributes(el, fresh) {
    const open = fresh.hasAttribute("open");
    const mine = !!el.htOpen === open && "open";
    el.htOpen = open;
    for (const { name } of [...el.attributes])
      if (name !== mine && !fresh.hasAttribute(name)) el.removeAttribute(name);
    for (const node of fresh.attributes)
      // Set as a node it keeps its namespace: `xlink:href` in an svg.
      if (node.name !== mine && el.getAttribute(node.name) !== node.value)
        el.setAttributeNode(/** @type {Attr} */ (node.cloneNode()));
  }

  /** @param {string} html */
  function parse(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    learn(template.content);
    return template.content;
  }

  /* ---- Patches ---- */

  /** @param {Element} el how many elements before it belong to it */
  const sizeOf = (el) => +/** @type {any} */ (el.getAttribute("ht-size"));

  /** @param {Element} el @returns {ChildNode[]} it and what belongs to it */
  function extent(el) {
    /** @type {any[]} */
    const nodes = [el];
    for (let size = sizeOf(el); size; size -= nodes[0].attributes ? 1 : 0)
      nodes.unshift(nodes[0].previousSibling);
    return nodes;
  }

  /** @param {any} el @returns {Element[]} the markers that count it */
  function owners(el) {
    const found = [];
    let distance = 0;
    while ((el = el.nextElementSibling)) if (sizeOf(el) >= ++distance) found.push(el);
    return found;
  }

  /** @param {any[]} markers @param {any[]} nodes @param {number} sign */
  function count(markers, nodes, sign) {
    const by = nodes.filter((node) => node.attributes).length * sign;
    for (const marker of markers) marker.setAttribute("ht-size", sizeOf(marker) + by);
  }

  /** @param {any} el with what belongs to it @param {Node[]} nodes */
  function replace(el, nodes) {
    const old = extent(el);
    const markers = owners(el);
    count(markers, old, -1);
    count(markers, nodes, 1);
    renew(el.parentNode, old, nodes, el.nextSibling);
  }

  /**
   * @param {any} row @param {Node[]} nodes to stand beside it
   * @param {Node?} next what follows them @param {Element[]} markers that count them
   */
  function insert(row, nodes, next, markers = owners(row)) {
    count(markers, nodes, 1);
    for (const node of nodes) put(row.parentNode, node, next);
  }

  /**
   * What each op does to the element that it names with the nodes that it brings.
   * @type {Record<string, (to: any, nodes: any[], op?: any, status?: any) => void>}
   */
  const OPS = {
    replace,
    append(list, nodes) {
      if (list.hasAttribute("ht-size")) insert(list, nodes, list, [list, ...owners(list)]);
      else for (const node of nodes) put(list, node, null);
    },
    before(row, nodes) {
      insert(row, nodes, extent(row)[0]);
    },
    after(row, nodes) {
      insert(row, nodes, row.nextSibling);
    },
    move(row, _, op) {
      const nodes = extent(row);
      const markers = owners(row);
      const list = byId(op.getAttribute("ht-in"));
      const other = byId(op.getAttribute("ht-before"));
      if (list) OPS.append(list, nodes);
      else if (other) OPS.before(other, nodes);
      else return;
      count(markers, nodes, -1);
    },
    remove(row, none) {
      replace(row, none);
    },
    attrs(el, nodes) {
      morphAttributes(el, nodes[0]);
    },
    style(_, __, op) {
      if (!byId("ht-style"))
        document.head.insertAdjacentHTML("beforeend", `<style id=ht-style nonce="${nonce}"></style>`);
      const style = byId("ht-style");
      // One rule a line; what stands there already is not said twice.
      style.append("\n", op.content);
      style.textContent = [...new Set(style.textContent.split("\n"))].join("\n");
    },
    page(_, nodes) {
      const alert = byId("ht-error");
      if (nodes[0].nodeName === "TITLE") document.title = nodes.shift().textContent;
      if (alert) nodes.push(alert);
      renew(document.body, [...document.body.childNodes], nodes, null);
      defineStores();
    },
    visit(_, __, op) {
      location.href = op.getAttribute("ht-to");
    },
    error(_, __, op, status) {
      tell(status, op.content.textContent);
    },
  };

  /**
   * What an op brings. Parts of an svg come inside one, or they would be parsed as HTML.
   * @param {any} op @param {Element?} place
   */
  function brought({ content }, place) {
    learn(content);
    return [...(place?.closest("svg,math") ? content.firstElementChild : content).childNodes];
  }

  /**
   * Apply a patch, or of one that does not fit only what has no cursor.
   * @param {string} patch @param {boolean} fits @param {number} status of the answer
   * @returns {boolean} whether the page was changed
   */
  function applyPatch(patch, fits, status) {
    fits &&= emit("before-patch", { patch });
    const ids = [];
    for (const part of [...parse(patch).children]) {
      const name = /** @type {any} */ (part.getAttribute("ht-op"));
      const id = part.getAttribute(name ? "ht-to" : "id");
      const to = byId(id);
      // What has left the page meanwhile is skipped: nothing shown is stale.
      if (!/visit|error/.test(name) && (!fits || (id && !to))) continue;
      const place = name === "append" ? to : to?.parentNode;
      OPS[name || "replace"](to, name ? brought(part, place) : [part], part, status);
      if (to) ids.push(id);
    }
    if (fits) emit("after-patch", { ids });
    return fits;
  }

  /** @param {string} name @param {object} detail @returns {boolean} false when prevented */
  const emit = (name, detail) =>
    document.dispatchEvent(new CustomEvent(`htealeaf:${name}`, { detail, cancelable: true }));

  /** @param {number} status @param {string} message */
  function tell(status, message) {
    if (!emit("error", { status, message })) return;
    if (!byId("ht-error"))
      document.body.insertAdjacentHTML("beforeend", "<div id=ht-error role=alert></div>");
    byId("ht-error").textContent = message;
  }

  /* ---- The queue: one request at a time ---- */

  /** @type {Job[]} the first one is under way */
  const queue = [];

  /** @type {Promise<any>} */
  let last = Promise.resolve();

  /** @param {Control} el @returns {boolean} whether it acted and was not answered yet */
  const waits = (el) => queue.some((job) => job.el === el);

  /** @param {boolean} on */
  function showBusy(on) {
    for (const { el } of queue)
      if (el) {
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

  /** @param {Job} job */
  async function perform(job) {
    const { body, verb, offer } = job;
    const form = pageForm();
    /** @type {Record<string, any>} */
    const headers = { "HT-Cursor": pageAttribute("ht-cursor") };
    // The form's fields say which page this is, and bring its own state.
    for (const { name, value } of form.querySelectorAll("input")) if (value) headers[name] = value;
    if (body) {
      headers["Content-Type"] = "application/json";
      headers["HT-Id"] = Math.random();
    }
    if (offer) headers["HT-Offer"] = offer;
    if (verb && !/update|steps/.test(verb)) headers["HT-Verb"] = verb;
    /** @type {any} */
    let answer;
    let text = "";
    for (let wait = 300; wait < 5e4; wait *= 2) {
      try {
        answer = await fetch(job.url, { method: body && "POST", headers, body, cache: "no-store" });
        text = await answer.text();
      } catch {
        answer = Response.error();
      }
      if (!body || !/^0|50[234]/.test(answer.status)) break;
      await new Promise((resolve) => {
        setTimeout(resolve, wait);
        addEventListener("online", resolve, { once: true });
      });
    }
    receive(job, answer, text);
    return answer.ok;
  }

  /** @param {Job} job @param {Response} answer @param {string} text */
  function receive({ body, el, by, value, form, fields }, { status, ok, headers }, text) {
    // The marks of waiting are not the server's: off while its HTML is compared.
    showBusy(false);
    queue.shift();
    if (body && ok) byId("ht-error")?.remove();
    const shown = pageAttribute("ht-cursor");
    const cursor = headers.get("HT-Cursor") || shown;
    // One at a time: what has no patch was asked with what is shown.
    const since = headers.get("HT-Since") || (text ? "" : shown);
    const [[epoch, now], [newEpoch, to], [, from]] = [shown, cursor, since].map((text) => text.split("."));
    const newer = epoch !== newEpoch || +to > +now;
    // What starts from just what is shown always fits: a page whose key changed is sent whole,
    // at the very cursor.
    const fits = since === shown || (newer && epoch === newEpoch && +from <= +now);
    if (text ? applyPatch(text, fits, status) : fits) pageForm().setAttribute("ht-cursor", cursor);
    if (body && newer && !fits) catchUp();
    if (body && !ok && !/ht-op="?error/.test(text)) tell(status, "There is no answer.");
    // What was typed meanwhile is for the next time.
    if (ok && form && fields === fieldsOf(form)) form.reset();
    // A field without a value of the server is the person's own.
    if (el && !waits(el) && el.value === value && !(ok && isText(el) && !el.defaultValue))
      if (isTyping(el)) el.htHeld = value;
      else restore(el);
    showBusy(true);
    // What a button says to a dialog or a popover, it says once its action has succeeded.
    /** @type {any} */
    const named = ok && byId(by?.getAttribute("commandfor"));
    if (named) named[by.getAttribute("command").replace(/-./, (part) => part[1].toUpperCase())]?.();
  }

  /** @param {HTMLFormElement} form */
  const fieldsOf = (form) => [...new FormData(form)].join();

  /** @param {Control} el */
  function restore(el) {
    for (const control of el.options || (el.type === "radio" ? group(el) : [el]))
      for (const [name, said] of STATES)
        // To set a box's value would be to set its attribute.
        if (said in control && (name < "v" || !/^(ch|rad)/.test(el.type)))
          control[name] = control[said];
  }

  /** @param {Control} radio @returns {any[]} */
  const group = ({ name, form }) =>
    [...document.getElementsByName(name)].filter((/** @type {any} */ other) => other.form === form);

  /* ---- Catch up ---- */

  /** Bring the page to now; what is under way does so anyway. @returns {Promise<boolean>} */
  const catchUp = () => (queue[0] ? last : enqueue({ url: apiUrl("live") }));

  // Focus and visibility come together; while the first asks, the second has nothing to do.
  for (const type of ["focus", "visibilitychange", "pageshow"])
    addEventListener(type, (/** @type {any} */ { persisted }) => {
      if (!document.hidden && persisted !== false && pageForm()) catchUp();
    });

  /* ---- Actions ---- */

  /**
   * A template as JSON, with the browser's slots filled; the server's stay.
   * @param {any} template @param {Moment} now
   */
  const fill = (template, { el, event }) =>
    JSON.stringify(template, function (_, value) {
      // What stands under "const" only looks like a slot.
      const { 0: kind, 1: name } = (this[0] !== "const" && value?.$) || [];
      if (kind === "value") return valueOf(name, el);
      const from = { this: el, event }[/** @type {string} */ (kind)];
      return from ? (from[name] ?? null) : value;
    });

  /** @param {string} name @param {Control} [el] whose form counts */
  function valueOf(name, el) {
    let control = byId(name);
    if (!control?.type) {
      const { elements } = el?.form || el?.closest("form") || pageForm();
      control = [...elements].find((other) => other.name === name);
    }
    if (!control) throw `There is no ${name}.`;
    if (control.type === "radio") return group(control).find((radio) => radio.checked)?.value ?? null;
    if (control.type === "checkbox") return control.checked;
    if (control.type === "select-multiple")
      return [...control.selectedOptions].map((option) => option.value);
    return control.value;
  }

  /**
   * Run code that the page was made with, under its nonce: no eval.
   * @param {string} code @param {Moment} now
   */
  function runCode(code, now) {
    const script = document.createElement("script");
    script.nonce = nonce;
    script.text = `(function(event){${code}\n}).call(htealeaf.now.el,htealeaf.now.event)`;
    api.now = now;
    document.head.append(script);
    script.remove();
    api.now = {};
  }

  /**
   * @param {string} url @param {string} verb @param {any} template
   * @param {string} [offer] @param {Moment} [now] @param {any} [form] to reset
   * @returns {Promise<boolean>} whether it succeeded
   */
  async function send(url, verb, template, offer, now = api.now, form) {
    try {
      const body = /** @type {string} */ (fill(template, now));
      const { el, event } = now;
      return enqueue({ url, verb, body, offer, el, by: event?.submitter || el, value: el?.value, form, fields: form && fieldsOf(form) });
    } catch (error) {
      tell(0, `${error}`);
      return false;
    }
  }

  /** @param {any} event */
  function handle(event) {
    const { type, target, submitter } = event;
    const submit = type === "submit";
    /** @type {Control} */
    let el = target;
    let name = `ht-${type}`;
    if (!submit) {
      el = target.closest?.(`[${name}]`);
      // To enter or leave concerns one element, and a submit follows when the form is valid.
      if (!el || (/enter|leave/.test(type) && el !== target)) return;
      if (type === "click" && el.hasAttribute("formaction")) return;
    } else if (submitter?.hasAttribute("formaction")) {
      el = submitter;
      name = "ht-click";
    }
    const own = el.getAttribute("formaction") ?? el.getAttribute("action");
    const text = el.getAttribute(name) ?? (own?.startsWith(apiUrl("store")) && own);
    if (!text) return;
    /** @type {string[]} */
    const steps = text[0] === "[" ? JSON.parse(text).map((/** @type {string} */ step) => step || own) : [text];
    const offer = steps.find((step) => !/^js:/.test(step)) || "?";
    // What works without scripts has the whole address; `ht-<event>` only says which place it is.
    const [url, signed] = offer.replace(/^\w/, apiUrl("store/$&")).split("?");
    /** @type {any} */
    const query = new URLSearchParams(signed);
    const key = query.get("key");
    if (key && key !== event.key) return;
    if (submit || query.has("prevent")) event.preventDefault();
    const memory = (el[name] ||= { at: 0 });
    const act = async () => {
      const question = query.get("confirm");
      if (question && !confirm(question)) return restore(el);
      memory.at = Date.now();
      memory.done = query.has("once");
      const form = submit && target !== pageForm() && !query.has("keep_values") && target;
      const [[verb, text] = []] = query;
      let template = JSON.parse(text || null);
      if (verb === "steps") template = template.map((/** @type {any[]} */ row) => row[2]);
      // A step follows only when the one before it succeeded.
      for (const step of steps)
        if (step !== offer) runCode(step.slice(3), { el, event });
        else if (!(await send(url, verb, template, signed, { el, event }, form))) return;
    };
    const wait = query.get("debounce") || memory.at + +query.get("throttle") - Date.now();
    clearTimeout(memory.timer);
    if (memory.done) return;
    if (wait > 0) memory.timer = setTimeout(act, wait);
    else act();
  }

  // Before the actions of `blur`, so that these send what is shown.
  document.addEventListener(
    "blur",
    (/** @type {any} */ { target }) => {
      if (target.htHeld === target.value) restore(target);
      delete target.htHeld;
    },
    true,
  );

  document.addEventListener("submit", handle, true);

  /* ---- store_<name> ---- */

  /** @param {string} name with its key, as in a URL */
  function makeStore(name) {
    /** @param {string} path */
    const urlOf = (path) => apiUrl(`store/${name}/${path.split("/").map(segment).join("/")}`);
    // A URL drops the segments "." and ".." (URL standard, "path state").
    /** @param {string} key */
    const segment = (key) => (/^\.\.?$/.test(key) ? key.replaceAll(".", "~.") : encodeURIComponent(key));
    /** @type {Record<string, any>} */
    const store = {
      /** @param {string} path */
      read: async (path) => (await fetch(urlOf(path), { cache: "no-store" })).json(),
      /** @param {string} key */
      of: (key) => makeStore(`${name}@${encodeURIComponent(key)}`),
    };
    for (const verb of VERBS.split(" "))
      store[verb] = (/** @type {string} */ path, /** @type {any} */ value = null, last = "") => {
        if (/&o=/.test(last)) return send(urlOf(path), verb, value, last);
        return send(urlOf(path) + (last && `?keep=${last}`), verb, value);
      };
    return store;
  }

  function defineStores() {
    const names = pageAttribute("ht-stores");
    if (!names) return;
    for (const name of names.split(" "))
      /** @type {any} */ (window)[`store_${name}`] ||= makeStore(name);
  }

  /** @type {Record<string, any>} */
  const api = {
    /**
     * Make an element equal to the one in `html`, and keep its nodes.
     * @param {Element} node @param {string} html
     */
    morph(node, html) {
      const svg = node.parentElement?.closest("svg,math")?.nodeName;
      replace(node, brought({ content: parse(svg ? `<${svg}>${html}` : html) }, node.parentElement));
    },
    catchUp,
    /** @type {Moment} what code is run for */
    now: {},
  };
  /** @type {any} */ (window).htealeaf = api;

  learn(document);
  defineStores();
})();
