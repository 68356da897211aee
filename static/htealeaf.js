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
 * Rule 4: what not every page needs is a part: `htealeaf.fields.js` and so on. A part is a block
 * that is served inside of this function, before `start`; see `htealeaf/endpoints/assets.py`. Parts
 * know what stands here and not each other, and put what is theirs around functions that stand here.
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
   * @property {string} [offer] as it stands in the page
   * @property {string} [verb] of the body; "offer" when it begins with the query that the server signed
   * @property {Control} [el] what was clicked; it shows that it waits
   * @property {any} [by] what was pressed
   * @property {HTMLFormElement} [form] reset when the action succeeded
   * @property {Control} [check] a control that was left, of which only is asked whether it is right
   * @property {object} [headers] more of them
   * @property {boolean} [ours] whether the answer is
   */

  /**
   * An element as HTML made it: a form gives its control named "reset" for `reset`, and a page its
   * image named "body" for `body`. Only for what is asked of it; where a node is wanted, it is none.
   * @param {any} node @returns {any}
   */
  const safe = (node) =>
    node instanceof HTMLFormElement || node === window.document
      ? new Proxy(/** @type {any} */ (Reflect.getPrototypeOf(node)), {
          get: (made, name, _, found = Reflect.get(made, name, node)) => (found?.call ? found.bind(node) : found),
          set: (made, name, value) => Reflect.set(made, name, value, node),
        })
      : node;

  /** @type {Document} */
  const document = safe(window.document);

  let own = /** @type {any} */ (document.currentScript);
  const nonce = own.nonce;

  /** Which script this is, or the one that comes next. */
  let src = own.src;

  /** The one before this, which has fewer parts; none once this has taken over. @type {any} */
  let before = /** @type {any} */ (window).htealeaf;

  /** What is sent as the body. @type {(text: string, values: any[], now: any) => any} */
  let pack = (text) => text;

  const rules = { createHTML: pack, createScript: pack, createScriptURL: pack };

  /** Lets the server's word in where a page asks for trusted types. There can be one policy of a name. */
  const trusted =
    before?.trusted || /** @type {any} */ (window).trustedTypes?.createPolicy("htealeaf", rules) || rules;

  /** The scripts that ran. @type {any[]} */
  const ran = before?.ran || [...document.scripts];
  ran.push(own);

  /** Ends this one, when the next comes. */
  const end = new AbortController();

  /** @param {string | null} id @returns {any} */
  const byId = (id) => document.getElementById(/** @type {string} */ (id));

  /** The form that every page of ours begins with. @returns {any} */
  const pageForm = () => safe(byId("ht"));

  /** @param {any} el @param {string} name @returns {any} */
  const attribute = (el, name) => safe(el)?.getAttribute(name);

  /** @param {string} name @returns {any} */
  const pageAttribute = (name) => attribute(byId("ht"), name);

  /** @param {string} path */
  const apiUrl = (path) => `${pageAttribute("ht-base")}/api/_${path}`;

  /** @param {string} tag @param {object} [given] @returns {any} */
  const make = (tag, given) => Object.assign(document.createElement(tag), given);

  /** @param {any} node @returns {any} */
  const parentOf = (node) => safe(safe(node).parentNode);

  /** @type {(type: string, act: (event: any) => void, on?: any) => void} */
  let listen = (type, act, on = document) => on.addEventListener(type, act, { capture: true, signal: end.signal });

  /* What parts say more about. */

  /** Show the server's word. @type {(el: any) => void} */
  let restore = () => {};

  /** Follow what others do. @type {(other?: any) => any} whether it does */
  let follow = () => {};

  /** Ask the server, by whatever is `fetch` then. @type {any} */
  let ask = (/** @type {any} */ url, /** @type {any} */ options) => fetch(url, options);

  /** What the browser puts into a slot. @type {(now: any, kind: any, name: any) => any} */
  let fill = () => {};

  /** What it puts into those of an offer. @type {(offer: string, now: Trigger) => any[]} */
  let valuesOf = () => [];

  /** Whether an event is one that is meant: never what only a part understands. @type {(event: any, query: any, el: any, at: any) => any} */
  let fits = (_, query) => !/\b(key|confirm|window|outside|self|once)=/.test(query);

  /** Act when it is time. @type {(query: any, el: any, name: string, act: () => void) => void} */
  let pace = (_, __, ___, act) => act();

  /** Act at once where that would be later. */
  let flush = () => {};

  /** Do a step that is no offer. @type {(step: any, now: Trigger) => void} */
  let run = () => {};

  /* ---- Morph: make a part of the page equal to new HTML, and keep its nodes ---- */

  // What the server said last of a node stands on it as `htSaid`: of a text its data, of an element
  // its attributes. What has none came from elsewhere, and stays.

  /** The attributes that were seen: events that have actions are listened to. @type {Record<string, any>} */
  const heard = {};

  /**
   * Learn what the server says in HTML of its own, and which events have actions: nobody listens
   * to each move of the pointer for nothing.
   * @param {any} root
   */
  function learn(root) {
    const node = safe(root);
    let said = node.nodeValue;
    // Elements, fragments and documents have none.
    if (said === null) {
      said = {};
      for (const name of node.getAttributeNames?.() || []) {
        said[name] = node.getAttribute(name);
        heard[name] ??= !/^ht-/.test(name) || !listen(name.slice(3), handle);
      }
      // Not by `childNodes`, of which each would be a list more.
      for (let child = node.firstChild; child; child = safe(child).nextSibling) learn(child);
      if (root.content?.firstChild) learn(root.content);
    }
    // What else is shown was learned by the one before this, and is not all the server's.
    if (!before || root === own) root.htSaid = said;
  }

  /**
   * What a node may be kept for.
   * @param {any} node @param {boolean} [_] for any neighbour of its kind
   */
  function key(node, _) {
    const own = safe(node);
    const id = own.getAttribute?.("id");
    return own.nodeName + own.getAttribute?.("ht-keep") + (id ? "#" + id : "");
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
    for (const el of fresh[0]?.parentNode.querySelectorAll("[id]") || []) coming[key(el)] = el;
    morphNodes(parent, old, fresh, next);
    for (const el of leaving) {
      const place = coming[key(el)];
      // Only where an id stands twice, another one was kept for it.
      if (!safe(place).isConnected) safe(el).remove();
      else {
        put(parentOf(place), el, place);
        morphNode(el, place);
        safe(place).remove();
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
    if (!leaving.includes(node)) safe(node).remove();
  }

  /**
   * Put nodes into an order.
   * @param {any[]} nodes @param {any} next what follows @param {any} [parent]
   */
  function arrange(nodes, next, parent = parentOf(next)) {
    for (let i = nodes.length; i--; next = nodes[i]) {
      let there = next ? safe(next).previousSibling : safe(parent).lastChild;
      // Strangers may stand between them.
      while (there && there !== nodes[i] && there.htSaid === undefined) there = safe(there).previousSibling;
      if (there !== nodes[i]) put(parent, nodes[i], next);
    }
  }

  /**
   * Make neighbours equal to other nodes, where each stays with its neighbours.
   * @param {any} parent @param {any[]} all @param {any[]} fresh @param {Node | null} next
   */
  function morphNodes(parent, all, fresh, next) {
    const old = all.filter((node) => node.htSaid !== undefined);
    const strangers = all.filter((node) => node.htSaid === undefined && /\S/.test(node.textContent));
    /** @type {any[]} */
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
    const nodes = fresh.map((node, i) => old[found[i]] || node);
    arrange(nodes, next, parent);
    for (let i = fresh.length; i--; )
      if (nodes[i] !== fresh[i]) morphNode(nodes[i], fresh[i]);
      // A translator puts its own in the place of a text.
      else if (nodes[i] instanceof Text && /\S/.test(nodes[i].data)) strangers.pop()?.remove();
  }

  /**
   * Where browsers have moveBefore, a moved frame, film or focus goes on; elsewhere the focus is
   * put back, and with it the caret.
   * @param {any} parent @param {Node} node @param {Node | null} next
   */
  function put(parent, node, next) {
    const own = safe(parent);
    /** @type {any} */
    const active = safe(node).isConnected && document.activeElement;
    own[active && parent instanceof Element && own.moveBefore ? "moveBefore" : "insertBefore"](node, next);
    if (active && active !== document.activeElement) active.focus({ preventScroll: true });
  }

  /** @param {any} el a node of any kind @param {any} fresh one of the same name */
  function morphNode(el, fresh) {
    if (el instanceof Element) morphElement(el, fresh, "ht-keep" in fresh.htSaid);
    else if (el.htSaid !== fresh.data) el.data = el.htSaid = fresh.data;
  }

  /** @param {any} el @param {any} fresh @param {boolean} [alone] leave what is inside */
  function morphElement(el, fresh, alone) {
    morphAttributes(el, fresh);
    if (!alone) morphNodes(el, [...safe(el).childNodes], [...safe(fresh).childNodes], null);
  }

  /** @param {any} el @param {any} fresh */
  function morphAttributes(el, fresh) {
    const said = el.htSaid ?? {};
    el.htSaid = fresh.htSaid;
    for (const name in said) if (!(name in el.htSaid)) safe(el).removeAttribute(name);
    for (const node of safe(fresh).attributes)
      // Set as a node it keeps its namespace: `xlink:href` in an svg.
      if (said[node.name] !== node.value) safe(el).setAttributeNode(node.cloneNode());
  }

  let setHTML = (/** @type {any} */ template, /** @type {any} */ html) => (template.innerHTML = html);

  /** @param {string} html */
  function parse(html) {
    const template = make("template");
    setHTML(template, trusted.createHTML(html));
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
    if (attribute(el, "ht-end") === "")
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

  /** @param {any} _ @param {any} __ @param {any} op @param {any} status */
  const error = (_, __, op, status) => tell(status, op.content.textContent);

  /**
   * What each op does to the element that it names with the nodes that it brings.
   * @type {Record<string, (to: any, nodes: any[], op?: any, status?: any, job?: any) => void>}
   */
  const OPS = {
    replace,
    append(list, nodes) {
      arrange(nodes, ...(attribute(list, "ht-end") === "" ? [list] : [null, list]));
    },
    before(row, nodes) {
      arrange(nodes, extent(row)[0]);
    },
    after(row, nodes) {
      arrange(nodes, safe(row).nextSibling, parentOf(row));
    },
    move(rows, _, op) {
      const list = byId(attribute(op, "ht-in"));
      const other = byId(attribute(op, "ht-before"));
      const nodes = rows.flatMap((/** @type {any} */ row) => extent(row));
      if (list) OPS.append(list, nodes);
      else if (other) OPS.before(other, nodes);
    },
    remove: replace,
    attrs(el, nodes) {
      morphAttributes(el, nodes[0]);
    },
    style(_, __, op) {
      const style = byId("ht-style") || document.head.appendChild(make("style", { id: "ht-style", nonce }));
      // One rule a line; what stands there already is not said twice.
      style.append("\n", op.content);
      style.textContent = [...new Set(style.textContent.split("\n"))].join("\n");
    },
    script(_, __, op) {
      const to = op.content.textContent;
      if (!src.endsWith(to)) {
        // What happens meanwhile may need what comes.
        const held = (api.held ||= []);
        // In its turn: nothing is under way while this one goes and that one comes.
        inTurn(() =>
          new Promise((onload) => {
            own.replaceWith((own = make("script", { src: trusted.createScriptURL(src), nonce, defer: true, onload, onerror: onload })));
          }).then(() => {
            api.held = null;
            // Where nothing came, this one does what it can.
            for (const event of held.splice(0)) /** @type {any} */ (window).htealeaf.handle(event);
          }),
        );
      }
      src = to;
    },
    page(_, nodes) {
      document.title = nodes.shift().textContent;
      renew(document.body, [...document.body.childNodes], nodes, null);
      defineStores();
    },
    visit(_, __, op) {
      // Resolved, as a browser reads more as a scheme or a host than what it looks like.
      const to = /** @type {any} */ (new URL(attribute(op, "ht-to"), location.href));
      // Another site only where the server has said that it is meant.
      if (/^http/.test(to) && (op.id || to.origin === location.origin)) location.href = to;
    },
    history(_, __, op) {
      const to = op.content.textContent;
      pageForm().elements["ht-url"].value = to;
      // Where back or forward led, the browser is already, or even further.
      if (op.id) /** @type {any} */ (history)[op.id + "State"](null, "", to);
    },
    error,
    invalid: error,
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
    keeping(() => {
      for (const part of [...content.children]) {
        /** @type {any} */
        const op = safe(part);
        const name = attribute(part, "ht-op");
        /** @type {any[]} */
        const found = [];
        for (const id of (attribute(part, name ? "ht-to" : "id") || "").split("\n")) {
          const to = byId(id);
          const place = to && (/append/.test(name) ? safe(to) : parentOf(to));
          // What has left the page meanwhile is skipped: nothing shown is stale.
          if (!/visit|error|invalid/.test(name) && (!fits || ((id || !name) && !to) || place?.closest("[ht-keep]"))) continue;
          found.push(to);
          if (to) ids.push(id);
        }
        // Parts of an svg come inside one, or they would be parsed as HTML.
        const from = op.hasAttribute("ht-inner") ? op.content.firstElementChild : op.content;
        // Many that move find their order together.
        for (const to of name === "move" ? [found] : found)
          OPS[name || "replace"](to, name ? [...from.childNodes] : [part], op, status, job);
      }
    });
    if (fits) emit("after-patch", { ids });
    return fits;
  }

  /** A patch is put in: a field that goes with it was not left by the person. */
  let changing = false;

  /** Change the page. @param {() => void} change */
  function keeping(change) {
    const active = safe(document.activeElement);
    const places = () => [.../** @type {any} */ (document.querySelectorAll("[autofocus]"))];
    const known = places();
    changing = true;
    try {
      change();
    } finally {
      changing = false;
    }
    // Who is nowhere, or around it, goes on where the new part of the page says, and whose place is
    // gone where that is now, or anywhere.
    const lost = !active?.isConnected;
    const place = places().find((el) => !known.includes(el)) || (lost && (byId(active?.id) || places()[0]));
    if (place && (lost || active.contains(place) || !active.getClientRects()[0])) place.focus();
  }

  /** @param {string} name @param {object} detail @param {any} [on] @returns {boolean} false when prevented */
  const emit = (name, detail, on = document) =>
    on.dispatchEvent(new CustomEvent(`htealeaf:${name}`, { detail, bubbles: true, cancelable: true }));

  /** What is told, in the language of the page. @param {string} text */
  const inWords = (text) => JSON.parse(pageAttribute("ht-words") || "{}")[text] || text;

  /** @param {number} status @param {string} text @param {string} [url] that may help */
  function tell(status, text, url) {
    const message = inWords(text);
    if (!emit("error", { status, message })) return;
    byId("ht-error")?.remove();
    const box = make("a", { id: "ht-error", role: "alert", target: "_blank", textContent: message });
    // A link that leads nowhere is text.
    if (url) box.href = url;
    // Outside of an open dialog it would be neither seen nor read out.
    (document.querySelector("dialog[open]") || document.body).append(box);
  }

  /* ---- The queue: one request at a time ---- */

  /** @type {Job[]} the first one is under way */
  const queue = before?.queue || [];

  /** @type {Promise<any>} */
  let last = before?.end() || Promise.resolve();

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
        if (!attribute(el, "class")) el.removeAttribute("class");
      }
  }

  /** @param {() => any} act what waits for its turn */
  const inTurn = (act) => (last = last.then(act).catch(/** @type {any} */ (reportError)));

  /** @param {Job} job @returns {Promise<boolean>} whether it succeeded */
  function enqueue(job) {
    queue.push(job);
    showBusy(true);
    return inTurn(() => perform(job));
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
   * @returns {any} whether it is ours
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
    const cursor = ours ? said : shown;
    const [[epoch, now], [newEpoch, to]] = [shown, cursor].map((/** @type {any} */ text) => text.split("."));
    const newer = epoch !== newEpoch || +to > +now;
    // Rows come once: what starts before what is shown may bring some of them again.
    const fits = since === shown;
    // The marks of waiting are not the server's: off while its HTML is compared.
    showBusy(false);
    if (patch ? ours && applyPatch(patch.content, text, fits, status, job) : fits)
      pageForm().setAttribute("ht-cursor", cursor);
    // What it says by other means than HTML.
    learn(byId("ht"));
    showBusy(true);
    follow(1);
    // Something is missing before it, or came already.
    if (newer && !fits) catchUp();
    return ours;
  }

  /** @param {Job} job */
  async function perform(job) {
    const { url, verb, body } = job;
    const what = `Not ${/_visit/.test(url) ? "shown" : "saved"} yet, `;
    /** @type {Record<string, any>} */
    const headers = {
      "HT-Verb": verb || "",
      "HT-Cursor": pageAttribute("ht-cursor"),
      "HT-Query": location.search || "?",
      "HT-Id": (unsure[body] ||= Math.random()),
      ...job.headers,
      ...pageHeaders(),
    };
    // With files the browser says what it is.
    if (!body.get) headers["Content-Type"] = "application/json";
    /** @type {any} what ends this try */
    let line;
    let told = false;
    let silent = 0;
    let patience = 6;
    const giveUp = () => {
      // Who is at work on it lets the next try wait for that: it is not to be asked all the time.
      patience *= 2;
      line.abort();
    };
    const timer = setInterval(() => {
      // A click may wait behind a look; and what is large takes its time.
      if (body.get || !queue.some((job) => job.body)) return;
      late ||= 1;
      told ||= !tell(0, what + "trying again");
      // The line may be dead, and nobody says so.
      if (++silent > patience / 2) wake = giveUp;
      if (silent > patience) giveUp();
    }, 1500);
    /** @type {any} */
    let answer;
    let text = "";
    for (;;) {
      line = new AbortController();
      wake = undefined;
      silent = 0;
      try {
        answer = await ask(url, {
          form: formOf(job),
          keepalive: isShort(body),
          method: body ? "POST" : "GET",
          body: body || null,
          headers,
          cache: "no-store",
          // Ours leads nowhere; a gate does, maybe to another host.
          redirect: "manual",
          signal: line.signal,
        });
        text = await answer.text();
      } catch {
        answer = Response.error();
      }
      if (!body || answer.headers.get("HT-Cursor") || !/error|50[234]|52./.test(answer.type + answer.status)) break;
      if (line.signal.aborted) continue;
      late = late ? 3e3 : 300;
      await new Promise((/** @type {any} */ resolve) => setTimeout((wake = line.signal.onabort = resolve), late));
    }
    clearInterval(timer);
    late = 0;
    showBusy(false);
    queue.shift();
    const ours = (job.ours = bring(text, answer, job));
    if (ours || body.get) delete unsure[body];
    // This page in a window of its own shows what it is, where one is to log in, say.
    if (body && !ours) tell(answer.status, what + "try again", "#");
    return ours && answer.ok;
  }

  /* ---- Catch up ---- */

  /**
   * Bring the page to now; what is under way does so anyway, but not to where back or forward led.
   * @param {string} [type] of the event @returns {Promise<boolean>}
   */
  let catchUp = (type) =>
    queue[0] && type !== "popstate" ? last : enqueue({ url: apiUrl("live"), body: "" });

  // Focus and visibility come together; while the first asks, the second has nothing to do.
  for (const type of ["beforeunload", "visibilitychange", "online", "focus", "pageshow", "popstate"])
    listen(type, (event) => {
      // An element has the focus.
      if (event.target.tagName) return;
      flush();
      wake?.();
      // Who leaves now would lose what did not come yet.
      if (/^b/.test(type)) (late || queue.some(({ body }, i) => i || !isShort(body))) && event.preventDefault();
      else if (event.persisted !== false && pageForm())
        if ((/foc|pop/.test(type) || !follow()) && !document.hidden) catchUp(type);
    }, window);

  /* ---- Actions ---- */

  /** @param {Trigger | Job} now @returns {any} the form of what acts */
  const formOf = (/** @type {any} */ { el, check }) => {
    const own = safe(el || check);
    return own?.form || own?.closest("form") || byId("ht");
  };

  /**
   * Send an offer as it stands in the page, byte for byte, and what the person adds.
   * @param {string} url @param {string} offer @param {Trigger} [now] @param {any} [form] to reset
   * @returns {Promise<boolean>} whether it succeeded
   */
  async function send(url, offer, now = api.now, form) {
    try {
      const values = valuesOf(offer, now);
      return enqueue({
        ...now,
        url,
        offer,
        form,
        by: now.event?.submitter || safe(now.el),
        verb: "offer",
        body: pack(JSON.stringify([offer, ...values]), values, now),
      });
    } catch (error) {
      tell(0, `${error}`);
      return false;
    }
  }

  /** @param {any} event @param {any} [at] an element that it happens to from afar */
  function handle(event, at) {
    if (changing) return;
    const { type, target, submitter } = event;
    const submit = type === "submit";
    /** @type {Control} */
    let el = target;
    let name = `ht-${type}`;
    if (!submit) {
      el = at || safe(target).closest?.(`[${name}]`);
      // To enter, leave or load concerns one element, and a submit follows when the form is valid.
      if (!el || (/enter|leave|load/.test(type) && el !== target) || (type === "click" && attribute(el, "formaction"))) return;
    } else if (submitter?.hasAttribute("formaction")) {
      el = submitter;
      name = "ht-click";
    }
    const own = attribute(el, "formaction") ?? attribute(el, "action");
    const text = attribute(el, name) ?? (own?.startsWith(apiUrl("")) && own);
    if (!text) return;
    /** @type {string[]} */
    const steps = text[0] === "[" ? JSON.parse(text).map((/** @type {string} */ step) => step || own) : [text];
    // Of what needs no server, it says only when.
    const offer = steps.find((step) => !/^(js:|\w+,)/.test(step)) || "?";
    // What works without scripts has the whole address; `ht-<event>` only says which place it is.
    const [url, signed] = offer.replace(/^\w/, apiUrl("store/$&")).split("?");
    /** @type {any} */
    const query = new URLSearchParams(signed);
    // With these a link is opened in a window of its own.
    if (el.href && (event.ctrlKey || event.metaKey || event.shiftKey)) return;
    const meant = api.held ? !query.has("key") : fits(event, query, el, at);
    if (submit || (meant && query.has("prevent"))) event.preventDefault();
    if (api.held?.push(event) || !meant) return;
    const form = submit && target !== byId("ht") && !query.has("keep_values") && target;
    wake?.();
    // The server says of which a second press is none.
    if (query.has("one") && waits(el)) return;
    const now = { el, event };
    pace(query, el, name, async () => {
      // A step follows only when the one before it succeeded.
      for (const step of steps)
        if (step !== offer) run(step, now);
        else if (url && !(await send(url, signed, now, form))) return;
    });
  }

  listen("submit", handle);

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
    handle,
    trusted,
    ran,
    /** @type {Trigger} what code is run for */
    now: {},
    queue,
    /** Give way to the next one. */
    end() {
      flush();
      end.abort();
      return last;
    },
  };
  /** @type {any} */ (window).htealeaf = api;

  start: {
    learn(document);
    before = 0;
    defineStores();
  }
})();
