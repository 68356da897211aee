/*
 * Trees: what in HTML is not simply inside of an element: what a template holds, what a shadow root
 * has, the text of a `noscript`, the document of a `srcdoc`. Pages with some have this part of the
 * shim.
 */
  trees: {
    /** A template's and the one in its shadow; a form may name a control so. @param {any} node @returns {any[]} */
    const others = (node) => [node.content, node.shadowRoot].filter((root) => root instanceof DocumentFragment);

    const learned = learn;
    learn = (node) => {
      // With scripts on, what it holds is text.
      if (node.nodeName === "NOSCRIPT") node.textContent = node.innerHTML;
      learned(node);
      if (node.shadowRoot?.host) learn(node.shadowRoot);
    };

    const morphed = morphElement;
    morphElement = (el, fresh, alone) => {
      const { srcdoc } = fresh.htSaid;
      // An attribute that is copied would be no trusted one.
      if (srcdoc !== undefined && srcdoc !== el.htSaid?.srcdoc) {
        el.srcdoc = trusted.createHTML(srcdoc);
        el.htSaid = { ...el.htSaid, srcdoc };
      }
      morphed(el, fresh, alone);
      if (!alone)
        others(fresh).forEach((from, i) => {
          const to = others(el)[i] || el.attachShadow({ mode: "open" });
          morphNodes(to, [...to.childNodes], [...from.childNodes], null);
        });
    };

    // It makes shadow roots of the templates that say so.
    const filled = setHTML;
    setHTML = (template, html) => (template.setHTMLUnsafe ? template.setHTMLUnsafe(html) : filled(template, html));

    // What came with a patch before this was there.
    queueMicrotask(() => {
      for (const el of /** @type {any} */ (document.querySelectorAll("noscript,[shadowrootmode]"))) {
        if (el.content) {
          const shadow = el.parentNode.attachShadow({ mode: attribute(el, "shadowrootmode") });
          shadow.append(el.content);
          learn(shadow);
          el.remove();
        } else if (el.firstElementChild) learn(el);
      }
    });
  }
