/** Puts a text on the clipboard. Whether the browser allowed it. */
export const copyText = (text: string): Promise<boolean> =>
  // Only pages of this machine, or of a connection that is encrypted, have one.
  Promise.resolve(navigator.clipboard)
    .then((clipboard) => clipboard.writeText(text))
    .then(
      () => true,
      () => false,
    );

export const noCopy = 'The browser does not allow copying.';
