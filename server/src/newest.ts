/** Puts an entry at the end of the map, which forgets its oldest ones where it has more than `limit`. */
export function keepNewest<K, V>(map: Map<K, V>, entry: { key: K; value: V; limit: number }): void {
  const { key, limit, value } = entry
  map.delete(key)
  map.set(key, value)
  for (const oldest of map.keys()) {
    if (map.size <= limit) return
    map.delete(oldest)
  }
}
