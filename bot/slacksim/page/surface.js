// Ties rendered blocks to where they stand: a message, the Home tab or a modal.

import { live } from './elements.js';
import { api } from './api.js';

const unsent = new WeakMap(); // values -> blocks whose input the workspace does not know yet

/**
 * surface makes the env that elements.js describes. where is {channel, ts},
 * {home: true} or {view: true}; values outlive it, so that a message drawn
 * again keeps what was typed.
 */
export function surface(where, values) {
  if (!unsent.has(values)) unsent.set(values, new Map());
  const waiting = unsent.get(values);
  return {
    values,
    live,
    edited: (block) => { if (!live(block)) waiting.set(block.block_id, block); },
    async act(block, e, action) {
      if (where.view) return api.press({ ...where, values }, action);
      for (const input of waiting.values()) await api.enter(where, input, values[input.block_id][input.element.action_id]);
      waiting.clear();
      return api.press(where, action);
    },
    suggest: (block, e, query) => api.suggest(where, block, e, query),
  };
}
