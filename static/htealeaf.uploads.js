/*
 * Uploads: files of a form are sent with progress. Pages with a control for files have this part of
 * the shim.
 */
  uploads: {
    pack = (text, values, { check }) => {
      const files = values.flat(2).filter((value) => value?.stream);
      if (check || !files.some((file) => file.name)) return text;
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
