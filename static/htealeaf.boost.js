/*
 * Boost: links and GET forms are fetched and morphed in. Pages that say `boost` have this part.
 *
 * Rule 1: what comes is the answer to a plain GET, as a browser without scripts gets it. What is no
 * page of this app and this release is left to the browser.
 *
 * Rule 2: the address says where the page is to be. Another query of the same path is a visit, which
 * any request makes.
 */
  boost: {
    const root = document.documentElement;

    /** The path of what is shown. */
    let path = location.pathname;

    /** Which entry of the history is shown, and how far each was scrolled. @type {any} */
    let entry;
    /** @type {Record<any, number[]>} */
    const places = (api.places = {});
    try {
      Object.assign(places, JSON.parse(sessionStorage.ht));
    } catch {}
    Object.assign(places, before?.places);

    /** Ends what is on its way. @type {AbortController | undefined} */
    let going;

    /** The page that a person asked for last: what they did before leads nowhere else. @type {any} */
    let chosen;

    /** What was fetched before somebody asked for it. @type {any} */
    let ahead;

    /** @type {any} the time to do so */
    let soon;

    /** What was sent meanwhile: a page that was asked for before may not show it. @type {any} */
    let sent;

    /** Where screen readers hear which page this is. */
    let box = byId("ht-title");

    /** What an element says, or else what it stands in. @param {any} el @param {string} name */
    const says = (el, name) => attribute(safe(el).closest(`[${name}]`), name);

    /** @param {any} url */
    const bare = (url) => `${url}`.split("#")[0];

    /** What all addresses of this app begin with. */
    const app = `${location.origin + pageAttribute("ht-base")}/`;

    /** Whether the browser need not go there itself. @param {any} el @param {any} url @param {any} target */
    const isOurs = (el, url, target) =>
      (says(el, "ht-boost") ?? "false") !== "false" && bare(url).startsWith(app) && /^(_self)?$/.test(target || "");

    /** @param {any} event @returns {any} the link that is meant, if it is for us */
    const linkOf = ({ target }) => {
      const link = safe(target).closest?.("a[href]:not([download],[rel~=external])");
      return link && isOurs(link, link, link.target) && link;
    };

    /** What tells sheets apart, wherever this page is by then. @param {any} el @param {any} [base] */
    const addressOf = (el, base = location) => (el.htAddress ||= new URL(attribute(el, "href"), base).href);

    const known = key;
    key = (node, loose) => (node.nodeName === "LINK" ? node.rel + addressOf(node) : known(node, loose));

    /** Note which entry of the history is shown. */
    const enter = () => {
      entry = history.state?.ht;
      if (!entry) history.replaceState({ ...history.state, ht: (entry = Math.random()) }, "");
    };

    /** @param {string} how @param {any} url */
    const write = (how, url) => {
      if (how) {
        // By then it is another page.
        history.scrollRestoration = "manual";
        /** @type {any} */ (history)[how + "State"](null, "", url);
      }
      enter();
    };

    /** How the history is to have it. @param {any} url */
    const howTo = (url) => (url.href === location.href ? "replace" : "push");

    /** Show that something is on its way. @param {any} [on] */
    const wait = (on) => {
      root.classList.toggle("ht-busy", !!on);
      if (!root.className) root.removeAttribute("class");
    };

    /** @param {string} url @param {AbortController} mine @param {object} [headers] @returns {Promise<any[]>} */
    const load = async (url, mine, headers) => {
      const answer = await fetch(url, { signal: mine.signal, headers: { Accept: "text/html", ...headers } });
      // A download is not read.
      return [answer, answer.ok && /^text\/html/.test(`${answer.headers.get("Content-Type")}`) && (await answer.text())];
    };

    /**
     * Go somewhere; who goes elsewhere meanwhile gets there only.
     * @param {any} url
     * @param {string} how the history is to have it; "" where it has
     * @param {any} [whole] although it may be a visit
     */
    async function go(url, how, whole) {
      clearTimeout(soon);
      going?.abort();
      const mine = (going = new AbortController());
      const visits = url.pathname === path && !whole;
      wait(!visits);
      flush();
      if (visits) {
        /** @type {any} */
        const look = { url: apiUrl("live"), body: "", headers: { "HT-Query": url.search || "?" } };
        await enqueue(look);
        if (mine !== going) return;
        if (look.ours) {
          write(how, url);
          arrive(url, how);
          // Nobody of ours has answered: who goes there by a link sees what a browser has to say.
        } else if (how) leave(url, how);
        // The address is that of something else already; what it shows comes with the next answer.
        else tell(0, "Not shown yet, try again", url.href);
        return;
      }
      if (!whole) chosen = mine;
      try {
        // What was done before comes first.
        await last;
        if (mine !== going) return;
        const early = ahead?.url === bare(url) && Date.now() - ahead.at < 5e3 && ahead.page;
        ahead = 0;
        sent = queue.some(({ body }) => body);
        const there = await early;
        const [answer, text] = there?.[1] ? there : await load(bare(url), mine);
        const to = new URL(answer.url);
        to.hash = url.hash;
        await inTurn(async () => {
          if (mine !== going) return;
          // The script that has taken over meanwhile knows nothing of it.
          if (end.signal.aborted) return leave(url, how);
          try {
            await show(mine, to, how, answer, text);
          } catch (error) {
            leave(to, to.href === location.href ? "" : how);
            throw error;
          }
        });
      } catch {
        if (mine === going) leave(url, how);
      }
    }

    /** Leave it to the browser. @param {any} url @param {string} how */
    const leave = (url, how) => {
      wait();
      how ? location[how === "push" ? "assign" : "replace"](url) : location.reload();
    };

    /** @param {AbortController} mine @param {URL} to @param {string} how @param {Response} answer @param {any} text */
    async function show(mine, to, how, { headers }, text) {
      // What that page allows by its nonce stands under this page's from the start: a document that
      // a page makes obeys the page's policy, also while it is parsed.
      const given = /nonce-([^']+)/.exec(headers.get("Content-Security-Policy"));
      if (given) text = text.replaceAll(`nonce="${given[1]}"`, `nonce="${nonce}"`);
      const fresh = /** @type {any} */ (new DOMParser().parseFromString(trusted.createHTML(text), "text/html"));
      const build = (/** @type {any} */ form) =>
        form && attribute(form, "ht-base") + safe(form).elements["ht-page"].value.split(".")[1];
      if (build(fresh.getElementById("ht")) !== build(byId("ht")) || !emit("navigate", { url: to.href })) return leave(to, how);
      learn(fresh);
      // This script stays, or one with all parts takes over.
      const script = fresh.querySelector("script[src*='_htealeaf/']");
      const parts = (/** @type {any} */ from) => attribute(from, "src").match(/\.[a-z]+(?=[.-])/g);
      if (parts(script).some((/** @type {any} */ part) => !parts(own).includes(part))) OPS.script(0, [], { content: { textContent: attribute(script, "src") } });
      own.htSaid = {};
      script.replaceWith(make("script", { htSaid: {}, htDoes: own.htDoes }));
      // Sheets are there before what they are for is shown.
      const [old, all] = [document, fresh].map((from) => [...from.head.querySelectorAll("link")]);
      const find = (/** @type {any} */ link) => old.find((/** @type {any} */ other) => addressOf(other) === addressOf(link, to));
      old.forEach((link) => addressOf(link));
      const sheets = Promise.all(
        all.map((link, i) => {
          // Of one that is not to be loaded nothing is heard.
          if (find(link) || !link.matches("[rel~=stylesheet][href]:not([disabled])")) return;
          const copy = Object.assign(link.cloneNode(), { htSaid: { ...link.htSaid, media: "x" }, htAddress: link.htAddress, media: "x" });
          if (copy.href !== link.htAddress) copy.href = link.htAddress;
          document.head.insertBefore(copy, all.slice(i).map(find).find(Boolean) || own);
          return new Promise((done) => (copy.onload = copy.onerror = done));
        }),
      );
      await Promise.race([sheets, new Promise((done) => (mine.signal.onabort = done))]);
      if (mine !== going) return;
      wait();
      // Where back or forward led may lead elsewhere by now.
      write(how || (to.href === location.href ? "" : "replace"), to);
      path = to.pathname;
      // What a person did on that page is no part of this one.
      api.forget?.();
      byId("ht-error")?.remove();
      for (const el of /** @type {any} */ (document.querySelectorAll(":is(details,dialog):not([id],[ht-keep] *)")))
        if (el.htSaid && !("open" in el.htSaid)) el.close ? el.close() : (el.open = false);
      keeping(() => {
        morphAttributes(root, fresh.documentElement);
        for (const name of ["head", "body"]) {
          const part = /** @type {any} */ (document)[name];
          const inert = make("template", {}).content;
          morphAttributes(part, fresh[name]);
          inert.append(...fresh[name].childNodes);
          renew(part, [...part.childNodes], [...inert.childNodes], null);
        }
      });
      defineStores();
      follow(1);
      arrive(to, how, 1);
      emit("after-patch", { ids: [] });
      if (sent) catchUp();
    }

    /** @param {any} url @param {string} how @param {any} [anew] another page, of which nobody has the focus */
    function arrive(url, how, anew) {
      let goal = byId(url.hash.slice(1));
      try {
        goal ||= byId(decodeURIComponent(url.hash.slice(1)));
      } catch {}
      const at = how ? 0 : places[entry];
      if (goal && !at) goal.scrollIntoView();
      else scrollTo({ left: at?.[0] || 0, top: at?.[1] || 0, behavior: "instant" });
      if (!box?.isConnected) document.body.append((box = make("div", { id: "ht-title", role: "status" })));
      // What comes together with its place is not read out.
      setTimeout(() => (box.textContent = document.title), 99);
      if (!anew) return;
      // Each before all of the next, wherever they stand.
      const first = (/** @type {string} */ selector) => document.querySelector(selector);
      const place = goal || first("[autofocus]") || first("main h1") || first("h1,main");
      /** @type {any} */ (document.activeElement).blur();
      place?.focus({ preventScroll: true });
      if (place && place !== document.activeElement) {
        place.tabIndex = -1;
        place.focus({ preventScroll: true });
        place.addEventListener("blur", () => place.removeAttribute("tabindex"), { once: true });
      }
    }

    const caught = catchUp;
    catchUp = (type) => {
      if (type !== "popstate") return caught(type);
      enter();
      return go(new URL(location.href), "");
    };

    const queued = enqueue;
    enqueue = (job) => {
      if (job.body) ahead = !(sent = 1);
      /** @type {any} */ (job).chosen = chosen;
      // Where another page is on its way, the query is that of its path.
      job.headers = {
        get "HT-Query"() {
          return location.pathname === path ? location.search || "?" : "";
        },
        ...job.headers,
      };
      return queued(job);
    };

    const { history: note, visit } = OPS;
    OPS.history = (...given) => {
      note(...given);
      enter();
    };
    OPS.visit = (_, __, op, ___, job) => {
      const to = new URL(attribute(op, "ht-to"), location.href);
      if (job && job.chosen !== chosen) return;
      if (isOurs(document.body, to, "")) go(to, howTo(to), 1);
      else visit(_, __, op);
    };

    // Behind everybody who may prevent it.
    const act = { signal: end.signal };
    addEventListener(
      "click",
      (event) => {
        const link = linkOf(event);
        if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
          return;
        // A place of this page, where this entry may lead from now on.
        if (/#/.test(link.href) && bare(link) === bare(location)) {
          if (link.href === location.href) delete places[entry];
          return;
        }
        event.preventDefault();
        go(new URL(link.href), howTo(link));
      },
      act,
    );
    addEventListener(
      "submit",
      (event) => {
        const { target: form, submitter } = /** @type {any} */ (event);
        const said = (/** @type {string} */ name) => attribute(submitter, "form" + name) ?? attribute(form, name) ?? "";
        const url = new URL(said("action") || location.href, document.baseURI);
        if (event.defaultPrevented || !/^(get)?$/i.test(said("method")) || !isOurs(submitter || form, url, said("target"))) return;
        event.preventDefault();
        const entries = [...new FormData(form, submitter)].map((entry) =>
          // As in any form that is sent, lines end with both.
          entry.map((/** @type {any} */ value) => `${value.name ?? value}`.replace(/\r\n?|\n/g, "\r\n")),
        );
        url.search = `${new URLSearchParams(entries)}`;
        go(url, howTo(url));
      },
      act,
    );

    // Who points at a link for a moment, or comes to it by keys, may go there.
    for (const type of ["pointerover", "focus", "pointerdown"])
      listen(type, (event) => {
        clearTimeout(soon);
        const link = linkOf(event);
        const url = link && bare(link);
        if (link && link.pathname !== path && says(link, "ht-prefetch") !== "false" && !link.matches("[ht-click]"))
          soon = setTimeout(
            () => {
              if (queue[0] || ahead?.url === url || /** @type {any} */ (navigator).connection?.saveData) return;
              ahead?.mine?.abort();
              const mine = new AbortController();
              ahead = { url, mine, at: Date.now(), page: load(url, mine, { "HT-Prefetch": 1 }).catch(() => []) };
            },
            type === "pointerdown" ? 0 : 65,
          );
      });

    listen("scroll", () => {
      if (location.pathname === path) places[entry] = [scrollX, scrollY];
    });
    listen(
      "pagehide",
      () => {
        history.scrollRestoration = "auto";
        try {
          sessionStorage.ht = JSON.stringify(places);
        } catch {}
      },
      window,
    );
    enter();
  }
