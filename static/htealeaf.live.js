/*
 * Live: what others do comes by itself, while the page is looked at. Pages of apps that are live
 * have this part of the shim.
 */
  live: {
    /** Ends what brings it. @type {AbortController | undefined} */
    let following;

    /** @type {any} for which page, and which state of it, that was asked */
    let followed;

    /** @type {any} the time to ask anew */
    let soon;

    /** How long to wait for that where the server has no room; it grows while nothing happens. */
    let calm = 0;

    /** Nothing has come yet: what keeps a stream to itself on its way may let an answer through. */
    let deaf = false;

    /** @type {any} the time to look whether that is what is shown */
    let resting;

    const shown = () => JSON.stringify(pageHeaders());

    // Where a click tells the server of another state, the stream says so. Another server may have
    // been told, or none: this one is asked anew, and not for each click of many.
    const rest = () => {
      clearTimeout(resting);
      resting = setTimeout(() => {
        resting = 0;
        if (followed !== shown()) follow();
      }, 300);
    };

    /**
     * Ask for what happens from now on.
     * @param {any} [other] only if what is shown is another page, or another state of it
     * @returns {any} whether it is live, and looked at
     */
    follow = (other) => {
      if (other) return rest();
      followed = shown();
      following?.abort();
      clearTimeout(soon);
      following = document.hidden || pageAttribute("ht-live") !== "" ? undefined : new AbortController();
      if (following) listenTo(following);
      return following;
    };

    /** @param {AbortController} own as long as it is `following` */
    async function listenTo(own) {
      const again = (/** @type {number} */ ms) => {
        clearTimeout(soon);
        if (own === following) soon = setTimeout(follow, ms * (1 + Math.random() / 2));
      };
      // What is under way comes first, and may make it one about another page, or another state.
      /** @param {string} text @param {any} answer @param {string} [state] */
      const take = (text, answer, state) =>
        inTurn(() => {
          if (own !== following) return;
          if (shown().endsWith(state + '"}')) followed = shown();
          if (followed === shown()) return bring(text, answer);
          // What comes next is not all that is missing.
          followed = 0;
          resting || rest();
        });
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
              const [from, state] = since?.split(" ") || "";
              if (from) take(lines.join("\n"), { headers: new Map([["HT-Cursor", said], ["HT-Since", from]]) }, state);
            }
          }
        } else {
          deaf = false;
          if (answer.status < 400) take(await answer.text(), answer);
        }
      } catch {}
      again((calm = Math.min(calm * 1.5 || 2e3, 3e4)));
    }

    if (pageForm()) follow();
  }
