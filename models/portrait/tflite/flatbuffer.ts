/**
 * A table of a FlatBuffer, read in place.
 * @source https://flatbuffers.dev/internals/ (layout of tables, vectors and strings)
 */
export class Table {
  private readonly view: DataView;
  private readonly at: number;
  private readonly vtable: number;
  private readonly vtableBytes: number;

  /**
   * @param view the whole file; borrowed, never written.
   * @param at byte offset of the table.
   */
  constructor(view: DataView, at: number) {
    this.view = view;
    this.at = at;
    this.vtable = at - view.getInt32(at, true);
    this.vtableBytes = view.getUint16(this.vtable, true);
  }

  /** The table that a file starts with. */
  static root(bytes: Uint8Array): Table {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return new Table(view, view.getUint32(0, true));
  }

  private field(index: number): number {
    const slot = 4 + 2 * index;
    if (slot >= this.vtableBytes) return 0;
    const offset = this.view.getUint16(this.vtable + slot, true);
    return offset === 0 ? 0 : this.at + offset;
  }

  private vector(index: number): { at: number; length: number } | null {
    const field = this.field(index);
    if (field === 0) return null;
    const at = field + this.view.getUint32(field, true);
    return { at: at + 4, length: this.view.getUint32(at, true) };
  }

  /** Signed 8-bit field, 0 when absent. */
  int8(index: number): number {
    const field = this.field(index);
    return field === 0 ? 0 : this.view.getInt8(field);
  }

  /** Signed 32-bit field, 0 when absent. */
  int32(index: number): number {
    const field = this.field(index);
    return field === 0 ? 0 : this.view.getInt32(field, true);
  }

  /** String field, empty when absent. */
  string(index: number): string {
    return new TextDecoder().decode(this.bytes(index));
  }

  /** Vector of bytes, a view of the file; empty when absent. */
  bytes(index: number): Uint8Array {
    const vector = this.vector(index);
    if (!vector) return new Uint8Array(0);
    return new Uint8Array(this.view.buffer, this.view.byteOffset + vector.at, vector.length);
  }

  /** Vector of 32-bit integers, a copy; empty when absent. */
  int32s(index: number): number[] {
    const vector = this.vector(index);
    if (!vector) return [];
    return Array.from({ length: vector.length }, (_, i) => this.view.getInt32(vector.at + 4 * i, true));
  }

  /** Sub-table, null when absent. */
  table(index: number): Table | null {
    const field = this.field(index);
    return field === 0 ? null : new Table(this.view, field + this.view.getUint32(field, true));
  }

  /** Vector of tables; empty when absent. */
  tables(index: number): Table[] {
    const vector = this.vector(index);
    if (!vector) return [];
    return Array.from({ length: vector.length }, (_, i) => {
      const at = vector.at + 4 * i;
      return new Table(this.view, at + this.view.getUint32(at, true));
    });
  }
}
