/** Where this program keeps what belongs to a user. Only paths: nothing here touches the disk. */

/** Folder of imported packs: `THINK2SEG_PACKS` when set, else the platform's place for application data. */
export function userPacksDirectory(
  environment: NodeJS.ProcessEnv = process.env,
  platform: string = process.platform,
): string {
  const override = environment['THINK2SEG_PACKS'];
  if (override !== undefined && override !== '') {
    return override;
  }
  const home = environment['HOME'] ?? environment['USERPROFILE'] ?? '.';
  if (platform === 'win32') {
    return `${environment['LOCALAPPDATA'] ?? `${home}\\AppData\\Local`}\\Think2Seg\\packs`;
  }
  if (platform === 'darwin') {
    return `${home}/Library/Application Support/Think2Seg/packs`;
  }
  return `${environment['XDG_DATA_HOME'] ?? `${home}/.local/share`}/think2seg/packs`;
}
