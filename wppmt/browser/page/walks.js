// Long lists, a page at a time. A walk holds the ids of what was there at its start: whatever moves, comes or goes
// meanwhile, each of them is shown once.
(function () {
  'use strict';

  const { functions, Rejection } = wppmt;

  const WALKS = 50;
  const ROWS_AT_ONCE = 500;
  const walks = new Map();
  const life = Math.random().toString(36).slice(2, 8);
  let number = 0;

  function begin(ids) {
    const name = `${life}${(number += 1).toString(36)}`;
    walks.set(name, ids);
    if (walks.size > WALKS) walks.delete(walks.keys().next().value);
    return [name, 0];
  }

  function resume(cursor) {
    const [name, at] = cursor.split('.');
    if (!walks.has(name)) throw new Rejection('walk_ended');
    return [name, Number(at)];
  }

  const breath = () => new Promise((resolve) => setTimeout(resolve));

  /** `show` makes a row of an id, or nothing if it is gone. Sends have their turns between the rows. */
  async function rowsOf(ids, show) {
    const rows = [];
    for (const [index, id] of ids.entries()) {
      if (index && index % ROWS_AT_ONCE === 0) await breath();
      const row = await show(id);
      if (row) rows.push(row);
    }
    return rows;
  }

  /** The function `name`: `{cursor, limit, ...}` -> `{rows, total, nextCursor}`; `list` gives the ids, `start` may refuse. */
  wppmt.walk = (name, list, show) => {
    functions[name] = async ({ cursor, limit, ...filter }) => {
      const [walk, at] = cursor ? resume(cursor) : begin(await list(filter));
      const ids = walks.get(walk);
      const end = at + limit;
      const rows = await rowsOf(ids.slice(at, end), show);
      return { rows, total: ids.length, nextCursor: end < ids.length ? `${walk}.${end}` : null };
    };
  };
})();
