/** Columns that grow by being copied into a longer one. */

/** The column at the start of a longer one. */
export function grown<Column extends Float64Array | Int32Array | Uint8Array>(column: Column, longer: Column): Column {
  longer.set(column);
  return longer;
}
