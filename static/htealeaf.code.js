/*
 * Code: steps of the author's own JavaScript. Pages that have some have this part of the shim.
 */
  code: {
    /** Run code that the page was made with, under its nonce: no eval. */
    run = (step, now) => {
      const text = `(function(event){${step.slice(3)}\n}).call(htealeaf.now.el,htealeaf.now.event)`;
      const script = make("script", { nonce, text });
      api.now = now;
      document.head.append(script);
      script.remove();
      api.now = {};
    };
  }
