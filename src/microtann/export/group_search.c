/* The flow of groups at one point: g = argmin g.Gg/2 - r.g + sum of F(|g|) over the groups, with F' = R.

   A flowing group moves along its force, g = w f with w = s/R(s) and s = |g|, so that all forces follow from the s:
   f = (1 + G W)^-1 r, a matrix that is never singular. What is left is |f| = R(s) for every group, the gradient of
   the convex function P(w) = -r.g/2 + sum of F(s) - R(s) s/2. Newton's method for 1/|f| = 1/R finds it in few steps,
   in which P must not grow; groups enter whose forces are beyond their resistances, and leave where s falls to zero.
   Where that does not end, the point starts again with care: the most violated group enters first, steps are those
   for the minimum of P and end where the first group comes to rest. It is over when all flowing groups have the
   force of their resistance and none at rest is beyond its own: the certificate of the minimum. */
#define NAME_LEAST 1e-200 /* in place of w = 0, by whose root is divided */

typedef struct {
    int flows[NAME_GROUPS], active[NAME_GROUPS], member[NAME_SLIPS];
    double size[NAME_GROUPS], before[NAME_GROUPS], step[NAME_GROUPS], norm[NAME_GROUPS], scale[NAME_GROUPS];
    double force[NAME_WIDTH], flow[NAME_SLIPS], root[NAME_SLIPS];
    double inverse[NAME_SLIPS], unknown[NAME_SLIPS], pushed[NAME_GROUPS];
    double chosen[NAME_SLIPS][NAME_WIDTH];      /* G among the flowing components */
    double rows[NAME_SLIPS][NAME_WIDTH];        /* factors of 1 + root G root, and of the response */
    double right[NAME_SLIPS][NAME_ACROSS];      /* derivatives of the forces */
    double small[NAME_GROUPS][NAME_ACROSS];     /* the system of Newton's method */
} NAME_search;

/* Factorise the upper triangle of a symmetric matrix to U; rows whose pivot is no more than `least` are left out. */
static void NAME_eliminate(int count, int stride, double *matrix, double *inverse, double least)
{
    for (int k = 0; k < count; k++) {
        double *row = matrix + k * stride;
        inverse[k] = row[k] > least ? 1.0 / sqrt(row[k]) : 0.0;
        for (int j = k; j < count; j++) {
            row[j] *= inverse[k];
        }
        for (int r = k + 1; r < count; r++) {
            double f = row[r];
            double *below = matrix + r * stride;
            for (int j = r; j < count; j++) {
                below[j] -= f * row[j];
            }
        }
    }
}

/* Solve U'y = b in place, for some columns of b. */
static void NAME_forwards(int count, int stride, const double *matrix, const double *inverse, int columns, int across,
                          double *right)
{
    for (int k = 0; k < count; k++) {
        double *own = right + k * across;
        for (int c = 0; c < columns; c++) {
            own[c] *= inverse[k];
        }
        for (int r = k + 1; r < count; r++) {
            double f = matrix[k * stride + r];
            double *below = right + r * across;
            for (int c = 0; c < columns; c++) {
                below[c] -= f * own[c];
            }
        }
    }
}

/* Solve Ux = y in place. */
static void NAME_backwards(int count, int stride, const double *matrix, const double *inverse, double *x)
{
    for (int k = count - 1; k >= 0; k--) {
        const double *row = matrix + k * stride;
        x[k] = (x[k] - NAME_dot(count - k - 1, row + k + 1, x + k + 1)) * inverse[k];
    }
}

static double NAME_norm_of(const double *vector, int group)
{
    int first = NAME_FIRST[group];
    return sqrt(NAME_dot(NAME_FIRST[group + 1] - first, vector + first, vector + first));
}

static double NAME_weight(const NAME_law *law, int g, double s, double *value, double *slope, double *total)
{
    NAME_resist(law, g, s, value, slope, total);
    return *value > 0.0 ? s / *value : 1.0 / *slope;
}

/* How much a group would flow if no other did and its force kept its direction. */
static double NAME_flow_alone(NAME_search *s, const NAME_law *law, int g)
{
    double n = s->norm[g], stiffness = 0.0, value, slope, total, size;
    for (int i = NAME_FIRST[g]; i < NAME_FIRST[g + 1]; i++) {
        stiffness += s->force[i] *
                     NAME_dot(NAME_FIRST[g + 1] - NAME_FIRST[g], NAME_GRAM[i] + NAME_FIRST[g], s->force + NAME_FIRST[g]);
    }
    stiffness /= n * n;
    NAME_resist(law, g, 0.0, &value, &slope, &total);
    size = (n - value) / stiffness;
    if (!NAME_GROWS) {
        return size;
    }
    size *= 1e-3;
    for (int turn = 0; turn < 4; turn++) {
        double moved;
        NAME_resist(law, g, size, &value, &slope, &total);
        moved = size + (n - value - stiffness * size) / (slope + stiffness);
        size = moved > 0.1 * size ? moved : 0.1 * size;
    }
    return size;
}

/* Let groups enter whose forces are beyond their resistances, with care the worst one; return how many flow then. */
static int NAME_let_enter(NAME_search *s, const NAME_law *law, int count, double largest, int careful)
{
    double most = 0.0;
    int kept = count;
    for (int g = 0; g < NAME_GROUPS; g++) {
        if (!s->flows[g]) {
            double base, slope, total, beyond;
            NAME_resist(law, g, 0.0, &base, &slope, &total);
            s->norm[g] = NAME_norm_of(s->force, g);
            beyond = s->norm[g] - base * (1.0 + NAME_YIELDS) - NAME_ROUND_OFF * largest;
            if (beyond > most) {
                s->active[kept] = g;
                most = careful ? beyond : 0.0;
                kept += !careful;
            }
        }
    }
    kept += careful && most > 0.0;
    for (int a = count; a < kept; a++) {
        int g = s->active[a];
        s->flows[g] = 1;
        s->size[g] = NAME_flow_alone(s, law, g);
    }
    return kept;
}

/* List the components of active groups, and write G among them; return how many there are. */
static int NAME_gather(NAME_search *s, int count)
{
    int c = 0;
    for (int a = 0; a < count; a++) {
        for (int i = NAME_FIRST[s->active[a]]; i < NAME_FIRST[s->active[a] + 1]; i++) {
            s->member[c++] = i;
        }
    }
    for (int p = 0; p < c; p++) {
        for (int q = 0; q < c; q++) {
            s->chosen[p][q] = NAME_GRAM[s->member[p]][s->member[q]];
        }
    }
    return c;
}

/* Factorise 1 + root G root, and write the flows of active components and all forces; return P, and its terms. */
static double NAME_forces_of(NAME_search *s, const NAME_law *law, const double *trial, int count, int c, double *terms)
{
    double constant = 0.0, square;
    int p = 0;
    for (int a = 0; a < count; a++) {
        int g = s->active[a];
        double value, slope, total, weight = NAME_weight(law, g, s->size[g], &value, &slope, &total);
        constant += total - 0.5 * value * s->size[g];
        for (int i = NAME_FIRST[g]; i < NAME_FIRST[g + 1]; i++) {
            s->root[p++] = sqrt(weight > NAME_LEAST ? weight : NAME_LEAST);
        }
    }
    for (int q = 0; q < c; q++) {
        for (int r = q; r < c; r++) {
            s->rows[q][r] = s->chosen[q][r] * s->root[q] * s->root[r] + (q == r ? 1.0 : 0.0);
        }
        s->unknown[q] = s->root[q] * trial[s->member[q]];
    }
    NAME_eliminate(c, NAME_WIDTH, &s->rows[0][0], s->inverse, 0.0);
    NAME_forwards(c, NAME_WIDTH, &s->rows[0][0], s->inverse, 1, 1, s->unknown);
    square = NAME_dot(c, s->unknown, s->unknown);
    *terms = constant + 0.5 * square;
    NAME_backwards(c, NAME_WIDTH, &s->rows[0][0], s->inverse, s->unknown);
    memcpy(s->force, trial, sizeof s->force);
    for (int q = 0; q < c; q++) {
        double away = -s->root[q] * s->unknown[q];
        s->flow[s->member[q]] = -away;
        NAME_add_rows(1, NAME_WIDTH, &NAME_GRAM[0][0], s->member + q, &away, s->force);
    }
    for (int q = 0; q < c; q++) {
        s->force[s->member[q]] = s->unknown[q] / s->root[q];
    }
    return constant - 0.5 * square;
}

/* Write the change of every s that Newton's method asks for. */
static void NAME_find_step(NAME_search *s, const NAME_law *law, int count, int c, int careful)
{
    int start = 0;
    for (int a = 0; a < count; a++) { /* the forces of flowing groups, against the weight of each of them */
        int end = start + NAME_FIRST[s->active[a] + 1] - NAME_FIRST[s->active[a]];
        for (int p = 0; p < c; p++) {
            double total = 0.0;
            for (int q = start; q < end; q++) {
                total += s->chosen[p][q] * s->force[s->member[q]];
            }
            s->right[p][a] = total;
        }
        start = end;
    }
    start = 0;
    for (int a = 0; a < count; a++) {
        int end = start + NAME_FIRST[s->active[a] + 1] - NAME_FIRST[s->active[a]];
        for (int b = 0; b < count; b++) {
            s->small[a][b] = 0.0;
        }
        for (int q = start; q < end; q++) {
            double f = s->force[s->member[q]];
            for (int b = 0; b < count; b++) {
                s->small[a][b] += f * s->right[q][b];
            }
        }
        s->pushed[a] = NAME_RIDGE * s->small[a][a];
        start = end;
    }
    for (int p = 0; p < c; p++) {
        for (int a = 0; a < count; a++) {
            s->right[p][a] *= s->root[p];
        }
    }
    NAME_forwards(c, NAME_WIDTH, &s->rows[0][0], s->inverse, count, NAME_ACROSS, &s->right[0][0]);
    for (int p = 0; p < c; p++) {
        for (int a = 0; a < count; a++) {
            double f = s->right[p][a];
            for (int b = a; b < count; b++) {
                s->small[a][b] -= f * s->right[p][b];
            }
        }
    }
    for (int a = 0; a < count; a++) {
        int g = s->active[a];
        double value, slope, total, weight = NAME_weight(law, g, s->size[g], &value, &slope, &total);
        double growth = s->size[g] == 0.0 ? 0.0 : slope * weight;
        double square = (1.0 - growth) / (value > NAME_LEAST ? value : NAME_LEAST);
        s->scale[a] = sqrt(square > NAME_LEAST ? square : NAME_LEAST);
    }
    for (int a = 0; a < count; a++) {
        for (int b = a; b < count; b++) {
            s->small[a][b] *= s->scale[a] * s->scale[b];
        }
    }
    for (int a = 0; a < count; a++) {
        int g = s->active[a];
        double n = s->norm[g], factor, wanted, value, slope, total;
        NAME_resist(law, g, s->size[g], &value, &slope, &total);
        if (careful || value == 0.0) {
            factor = value;
            wanted = 0.5 * (n * n - value * value);
        } else {
            factor = n * n * n / (value * value);
            wanted = n * n * (n - value) / value;
        }
        s->small[a][a] += s->pushed[a] * s->scale[a] * s->scale[a];
        if (slope > 0.0 && s->size[g] > 0.0) {
            s->small[a][a] += factor * slope;
        }
        s->unknown[a] = s->scale[a] * wanted;
    }
    {
        double inverse[NAME_GROUPS];
        NAME_eliminate(count, NAME_ACROSS, &s->small[0][0], inverse, 0.0);
        NAME_forwards(count, NAME_ACROSS, &s->small[0][0], inverse, 1, 1, s->unknown);
        NAME_backwards(count, NAME_ACROSS, &s->small[0][0], inverse, s->unknown);
    }
    for (int a = 0; a < count; a++) {
        int g = s->active[a];
        double value, slope, total, weight = NAME_weight(law, g, s->size[g], &value, &slope, &total);
        s->before[g] = s->size[g];
        s->step[g] = s->unknown[a] / s->scale[a];
        if (s->size[g] > 0.0 && 1.0 - slope * weight < NAME_PROPORTIONAL) {
            s->step[g] = s->size[g] * (s->norm[g] / value - 1.0); /* the weight does not depend on s */
        }
    }
}

/* Let sizes follow their step by a part of it; with care no farther than where the first group comes to rest. */
static double NAME_move(NAME_search *s, int count, double part, int careful)
{
    for (int a = 0; a < count && careful; a++) {
        int g = s->active[a];
        if (s->before[g] + s->step[g] < 0.0 && -s->before[g] / s->step[g] < part) {
            part = -s->before[g] / s->step[g];
        }
    }
    for (int a = 0; a < count; a++) {
        int g = s->active[a];
        double moved = s->before[g] + part * s->step[g];
        s->size[g] = moved > 0.0 ? moved : 0.0;
    }
    return part;
}

static int NAME_is_met(const NAME_search *s, const NAME_law *law, int count, double largest, double slack)
{
    for (int a = 0; a < count; a++) {
        int g = s->active[a];
        double value, slope, total;
        NAME_resist(law, g, s->size[g], &value, &slope, &total);
        if (!(fabs(s->norm[g] - value) <= slack * (NAME_CERTIFICATE * value + NAME_ROUND_OFF * largest))) {
            return 0;
        }
    }
    return 1;
}

/* Look for the flow from rest; return how many groups flow, or -1. */
static int NAME_search_flow(NAME_search *s, const NAME_law *law, const double *trial, double largest, int careful)
{
    double value = HUGE_VAL, part = 1.0;
    int count, c = 0, changed = 1, most = careful ? NAME_CAREFUL_STEPS : NAME_STEPS;
    memcpy(s->force, trial, sizeof s->force);
    for (int g = 0; g < NAME_GROUPS; g++) {
        s->size[g] = 0.0;
        s->flows[g] = 0;
    }
    count = NAME_let_enter(s, law, 0, largest, careful);
    for (int number = 0; number < most; number++) {
        double now, terms;
        int kept = 0, met;
        if (changed) {
            c = NAME_gather(s, count);
            changed = 0;
            value = HUGE_VAL;
            part = 1.0;
        }
        now = NAME_forces_of(s, law, trial, count, c, &terms);
        if (now > value + NAME_NOISE * terms && part > 1e-9) {
            if (part < 0.02 && !careful) {
                return -1;
            }
            part = NAME_move(s, count, 0.5 * part, 0);
            continue;
        }
        for (int a = 0; a < count; a++) {
            int g = s->active[a];
            double base, slope, total;
            NAME_resist(law, g, 0.0, &base, &slope, &total);
            s->norm[g] = NAME_norm_of(s->force, g);
            s->flows[g] = s->size[g] > 0.0 || (!careful && s->norm[g] > base * (1.0 + NAME_YIELDS));
            if (s->flows[g]) {
                s->active[kept++] = g;
            }
        }
        if (kept != count) {
            count = kept;
            changed = 1;
            continue;
        }
        met = NAME_is_met(s, law, count, largest, careful && number > NAME_STEPS ? NAME_SLACK : 1.0);
        if (met || !careful) {
            int entered = NAME_let_enter(s, law, count, largest, careful);
            if (entered == count && met) {
                return count;
            }
            if (entered != count) {
                count = entered;
                changed = 1;
                continue;
            }
        }
        NAME_find_step(s, law, count, c, careful);
        value = now;
        part = NAME_move(s, count, 1.0, careful);
    }
    return -1;
}

/* Find the flow, of which components of groups at rest are zero; return how many groups flow, or -1. */
static int NAME_find_flow(NAME_search *s, const NAME_law *law, const double *trial)
{
    double largest = 0.0;
    int count, yields = 0;
    for (int g = 0; g < NAME_GROUPS; g++) {
        double base, slope, total, n = NAME_norm_of(trial, g);
        NAME_resist(law, g, 0.0, &base, &slope, &total);
        if (!(n < HUGE_VAL)) {
            return -1;
        }
        largest = n > largest ? n : largest;
        yields = yields || n > base * (1.0 + NAME_YIELDS);
    }
    memset(s->flow, 0, sizeof s->flow);
    if (!yields) {
        return 0;
    }
    count = NAME_search_flow(s, law, trial, largest, 0);
    if (count < 0) {
        count = NAME_search_flow(s, law, trial, largest, 1);
    }
    for (int g = 0, flowing = 0; g < NAME_GROUPS && count >= 0; g++) {
        if (!s->flows[g] || s->size[g] == 0.0) {
            for (int i = NAME_FIRST[g]; i < NAME_FIRST[g + 1]; i++) {
                s->flow[i] = 0.0;
            }
        } else {
            s->active[flowing++] = g;
        }
        if (g == NAME_GROUPS - 1) {
            count = flowing;
        }
    }
    return count;
}
