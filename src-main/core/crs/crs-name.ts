/** `NAD_1983_UTM_Zone_10N` and `NAD83 / UTM zone 10N` are one name. */
export function comparableCrsName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .replace(/^gcs/, '')
    .replace('northamerican', 'nad')
    .replace(/(?<=nad|wgs|etrs|gda|ed)(?:19)(?=\d\d)/, '');
}
