/** Files that a person drops or picks, with the folders that they are in. */

export interface PickedFile {
  readonly file: File;
  /** `run 7/raw/scan.tif`, below where it goes. */
  readonly name: string;
}

/** Of an `<input type="file">`, with or without folders. */
export function pickedFiles(input: HTMLInputElement): PickedFile[] {
  return [...(input.files ?? [])].map((file) => ({ file, name: file.webkitRelativePath || file.name }));
}

/** Of a drop, folders with all that is in them. Must be called while the drop is being handled. */
export async function droppedFiles({ items, files }: DataTransfer): Promise<PickedFile[]> {
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((each) => each !== null);
  if (entries.length === 0) return [...files].map((file) => ({ file, name: file.name }));
  const found: PickedFile[] = [];
  for (const entry of entries) await collect(entry, '', found);
  return found;
}

async function collect(entry: FileSystemEntry, above: string, found: PickedFile[]): Promise<void> {
  const name = `${above}${entry.name}`;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.push({ file, name });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // Browsers give a hundred at a time, and none when there are no more.
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return;
    for (const each of batch) await collect(each, `${name}/`, found);
  }
}
