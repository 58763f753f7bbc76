/** Work on many things, some at a time. */

/**
 * Does the work on each item, started in order, a limited number at a time. When one fails no other is started, and those under way are waited for:
 * a run that is cut off would leave half a file behind, and a thread pool that is ended while a thread answers throws on its own.
 *
 * @returns results in the order of the items, whatever the number of lanes
 * @throws the first lane's error
 */
export async function inLanes<Item, Result>(
  items: readonly Item[],
  lanes: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = [...items.entries()];
  const lane = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, item] = next;
      try {
        results[index] = await work(item, index);
      } catch (error) {
        queue.length = 0;
        throw error;
      }
    }
  };
  for (const settled of await Promise.allSettled(Array.from({ length: lanes }, lane))) {
    if (settled.status === 'rejected') throw settled.reason;
  }
  return results;
}
