// SPDX-License-Identifier: Apache-2.0
// The colours of the doors, and the eight bytes that choose among them.

/** The door and its shade; each works on every frame, by day and in the evening. */
export const LEAVES = [
  ['#2f6b4f', '#245540'], ['#8f3230', '#742725'], ['#2a5590', '#204375'], ['#c8922f', '#a87621'],
  ['#6d3d66', '#552e50'], ['#1f7279', '#175a60'], ['#4b5a63', '#3a474f'], ['#c2653f', '#a34f2d'],
  ['#737a38', '#5b612a'], ['#28365a', '#1d2846'], ['#b95f72', '#9a4a5c'], ['#6f4a34', '#573927'],
] as const;
export const FRAMES = ['#e9e5d8', '#d3e1ea', '#f1dad1', '#d9e6d1', '#f4e6b9', '#dfdbe9'] as const;
export const GLASS = ['#fbe9a9', '#dcecf3', '#f7f4ea'] as const;
export const STEPS = ['#b9b3a4', '#8d9490'] as const;

/** The first eight bytes of a person's 64 hex digits. */
export function bytesOf(hex: string): Uint8Array {
  const bytes = new Uint8Array(8);
  for (let i = 0; i < 8; i++) bytes[i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16) || 0;
  return bytes;
}
