/*
 * Dialogs: what a button says to a dialog or a popover, it says once its action has succeeded. Pages
 * with such a button have this part of the shim.
 */
  dialogs: {
    const queued = enqueue;
    enqueue = async (job) => {
      const ok = await queued(job);
      const { by } = job;
      // Read from its attributes: of a button that sends a form, browsers hide both as properties.
      if (by && ok) byId(attribute(by, "commandfor"))?.[attribute(by, "command").replace("-m", "M")]?.();
      return ok;
    };
  }
