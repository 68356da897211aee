/*
 * Order: nodes come into another order with the fewest moves. Pages with a list have this part of the
 * shim; without it more is moved, to the same end.
 */
  order: {
    /** Of what stands before the next one already, the most that goes on rising stays. */
    arrange = (nodes, next, parent = parentOf(next)) => {
      const moving = new Set(nodes);
      /** @type {Map<any, any>} where each stands, from the end */
      const places = new Map();
      for (let node = next ? safe(next).previousSibling : safe(parent).lastChild; node && (moving.has(node) || node.htSaid === undefined); node = safe(node).previousSibling)
        places.set(node, -places.size);
      /** @type {any[]} the lowest end of each length */
      const ends = [];
      const before = new Map();
      for (const node of nodes)
        if (places.has(node)) {
          let length = 0;
          for (let step = 2 ** 20; (step >>= 1); ) if (places.get(ends[length + step - 1]) < places.get(node)) length += step;
          before.set(node, ends[length - 1]);
          ends[length] = node;
        }
      for (let node = ends.at(-1); node; node = before.get(node)) moving.delete(node);
      for (let i = nodes.length; i--; next = nodes[i]) if (moving.has(nodes[i])) put(parent, nodes[i], next);
    };
  }
