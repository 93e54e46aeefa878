// Newton's step on the components that are free.

const FLOOR = 1e-8;

/** x with (A + floor) x = b for a small dense matrix, rows behind each other; columns are pivoted. */
export function solved(matrix, right, stiffness) {
  const n = right.length;
  const a = Array.from({ length: n }, (_, i) => [...matrix.slice(i * n, i * n + n), right[i]]);
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i][k]) > Math.abs(a[best][k])) best = i;
    [a[k], a[best]] = [a[best], a[k]];
    if (Math.abs(a[k][k]) < FLOOR * stiffness) a[k][k] = FLOOR * stiffness;
    for (let i = k + 1; i < n; i++) {
      const factor = a[i][k] / a[k][k];
      for (let j = k; j <= n; j++) a[i][j] -= factor * a[k][j];
    }
  }
  const x = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    let sum = a[i][n];
    for (let j = i + 1; j < n; j++) sum -= a[i][j] * x[j];
    x[i] = sum / a[i][i];
  }
  return x;
}
