/*
 * Code: steps of the author's own JavaScript, and scripts that arrive. Pages that have some have
 * this part of the shim.
 */
  code: {
    /** Run code that the page was made with, under its nonce: no eval. */
    run = (step, now) => {
      const text = `(function(event){${step.slice(3)}\n}).call(htealeaf.now.el,htealeaf.now.event)`;
      const script = make("script", { nonce, text: trusted.createScript(text) });
      api.now = now;
      document.head.append(script);
      script.remove();
      api.now = {};
    };

    /** What a script does, wherever this page is by then. @param {any} el */
    const does = (el) => (el.htDoes ||= el.text + (attribute(el, "src") ? new URL(attribute(el, "src"), location.href) : ""));
    ran.forEach(does);

    // One that does something else has to run, so it is another one.
    const known = key;
    key = (node, loose) => (node.nodeName === "SCRIPT" ? does(node) : known(node, loose));

    /** Run each script that came, once: what is parsed into a template does not run. It gets no nonce. */
    const runScripts = () => {
      for (const el of document.scripts)
        if (el.htSaid && !ran.map(does).includes(does(el))) {
          const html = trusted.createHTML(el.outerHTML);
          const script = document.createRange().createContextualFragment(html).firstChild;
          // Those without a word about it run in their order; browsers differ in what one says that was parsed.
          script.async = attribute(el, "async") !== null;
          ran.push(script);
          learn(script);
          el.replaceWith(script);
        }
    };

    const change = keeping;
    keeping = (act) => {
      change(act);
      runScripts();
    };

    runScripts();
  }
