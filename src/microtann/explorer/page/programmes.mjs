// Programmes of strain: sequences of targets in one or two components, from where the material is.

/** What can be played, by name. `x` and `y` are the components of the pad, `reach` how far they go. */
export const PROGRAMMES = {
  cycles: { title: "cycles", points: ({ reach }) => repeated(4, () => [[reach, 0], [-reach, 0]]) },
  growing: {
    title: "growing cycles",
    points: ({ reach }) => repeated(5, (i) => [[(reach * (i + 1)) / 5, 0], [(-reach * (i + 1)) / 5, 0]]),
  },
  ratchet: {
    title: "ratchet",
    points: ({ reach }) => repeated(5, (i) => [[(reach * (i + 2)) / 6, 0], [(reach * i) / 12, 0]]),
  },
  square: {
    title: "square in the pad",
    points: ({ reach }) =>
      repeated(2, () => [[reach, 0], [reach, reach], [-reach, reach], [-reach, -reach], [reach, -reach], [reach, 0]]),
  },
  circle: {
    title: "circle in the pad",
    points: ({ reach }) => [[reach, 0], ...repeated(2, () => turn(64, (a) => [reach * Math.cos(a), reach * Math.sin(a)]))],
  },
  spiral: {
    title: "spiral in the pad",
    points: ({ reach }) =>
      repeated(3, (i) =>
        turn(64, (a) => {
          const r = (reach * (i + a / (2 * Math.PI))) / 3;
          return [r * Math.cos(a), r * Math.sin(a)];
        }),
      ),
  },
};

function repeated(times, points) {
  return Array.from({ length: times }, (_, i) => points(i)).flat();
}

function turn(parts, point) {
  return Array.from({ length: parts }, (_, i) => point((2 * Math.PI * (i + 1)) / parts));
}

/** The strains of a programme, one increment after the other, none longer than the strides. */
export function* strainsOf(name, { start, x, y, reach, stride }) {
  let from = Float64Array.from(start);
  for (const [a, b] of PROGRAMMES[name].points({ reach: 1 })) {
    const to = Float64Array.from(start);
    to[x] = a * reach[0];
    to[y] = name === "cycles" || name === "growing" || name === "ratchet" ? start[y] : b * reach[1];
    const parts = Math.max(1, ...stride.map((longest, i) => Math.ceil(Math.abs(to[i] - from[i]) / longest - 1e-9)));
    for (let part = 1; part <= parts; part++) yield from.map((value, i) => value + ((to[i] - value) * part) / parts);
    from = to;
  }
}
