/* The slips of one point: g = argmin g.Gg/2 - r.g + sum |g|, from the trial forces r on the slips.

   Block pivoting: all slips enter whose force is beyond its bound by a share of the largest excess, all leave whose
   slip opposes its force, until none does either. That need not end, so that after some rounds the dual active-set
   method goes on from the slips that flow then: slips enter one at a time, which ends in finitely many steps.
   Either ends where no force is beyond its bound and no slip opposes its force; that the flowing forces are on
   their bounds is checked behind it. Together these are the certificate of the minimum. */
typedef struct {
    int active[NAME_SLIPS + 1];                      /* slips that flow, in their order of entering */
    double slip[NAME_SLIPS + 1];                     /* theirs */
    double sense[NAME_WIDTH];                        /* of every slip: 1 or -1 where it flows, else 0 */
    double force[NAME_WIDTH];                        /* r - G g */
    double bound[NAME_WIDTH];                        /* up to which a force counts as admissible */
    double excess[NAME_WIDTH];                       /* how far a force is beyond, as a distance of planes */
    double upper[NAME_MOST + 1][NAME_STRIDE];        /* U with U'U = G on the flowing slips */
    double column[NAME_STRIDE], change[NAME_STRIDE]; /* scratch */
} NAME_search;

static void NAME_solve_lower(NAME_search *s, int count, double *restrict x)
{
    for (int a = 0; a < count; a++) {
        const double *row = s->upper[a];
        double value = x[a] / row[a];
        x[a] = value;
        for (int b = a + 1; b < count; b++) {
            x[b] -= row[b] * value;
        }
    }
}

static void NAME_solve_upper(NAME_search *s, int count, double *x)
{
    for (int a = count - 1; a >= 0; a--) {
        const double *row = s->upper[a];
        x[a] = (x[a] - NAME_dot(count - a - 1, row + a + 1, x + a + 1)) / row[a];
    }
}

/* Write the column of U for another slip; return what the flowing ones leave of the square of its normal. */
static double NAME_column_of(NAME_search *s, int count, int slip)
{
    for (int a = 0; a < count; a++) {
        s->column[a] = NAME_GRAM[slip][s->active[a]];
    }
    NAME_solve_lower(s, count, s->column);
    return NAME_GRAM[slip][slip] - NAME_dot(count, s->column, s->column);
}

static void NAME_append(NAME_search *s, int count, int slip, double left)
{
    for (int a = 0; a < count; a++) {
        s->upper[a][count] = s->column[a];
    }
    s->upper[count][count] = sqrt(left);
    s->active[count] = slip;
}

/* Factorise G on the active slips without those in the span of others, a column at a time; return how many stay. */
static int NAME_independent(NAME_search *s, int count)
{
    int kept = 0;
    for (int a = 0; a < count; a++) {
        int slip = s->active[a];
        double left = NAME_column_of(s, kept, slip);
        if (kept < NAME_MOST && left > NAME_DEPENDENT * NAME_GRAM[slip][slip]) {
            NAME_append(s, kept++, slip, left);
        } else {
            s->sense[slip] = 0.0;
        }
    }
    return kept;
}

/* The same where all are independent, four pivots at a time; return 0 where some are not. */
static int NAME_factorise(NAME_search *s, int count)
{
    double(*restrict m)[NAME_STRIDE] = s->upper;
    if (count > NAME_MOST) {
        return 0;
    }
    for (int a = 0; a < count; a++) {
        const double *row = NAME_GRAM[s->active[a]];
        for (int b = a; b < count; b++) {
            m[a][b] = row[s->active[b]];
        }
    }
    for (int first = 0; first < count; first += 4) {
        int last = first + 4 < count ? first + 4 : count;
        for (int k = first; k < last; k++) {
            int slip = s->active[k];
            double inverse;
            for (int q = first; q < k; q++) {
                double f = m[q][k];
                for (int b = k; b < count; b++) {
                    m[k][b] -= f * m[q][b];
                }
            }
            if (!(m[k][k] > NAME_DEPENDENT * NAME_GRAM[slip][slip])) {
                return 0;
            }
            inverse = 1.0 / sqrt(m[k][k]);
            for (int b = k; b < count; b++) {
                m[k][b] *= inverse;
            }
        }
        if (last == first + 4) {
            const double *p = m[first], *q = m[first + 1], *r = m[first + 2], *t = m[first + 3];
            for (int c = last; c < count; c++) {
                double f = p[c], g = q[c], h = r[c], k = t[c];
                double *restrict row = m[c];
                for (int b = c; b < count; b++) {
                    row[b] -= f * p[b] + g * q[b] + (h * r[b] + k * t[b]);
                }
            }
        }
    }
    return 1;
}

/* The slips that bring the forces of the flowing ones to their bounds. */
static void NAME_slips_of(const double *trial, NAME_search *s, int count)
{
    for (int a = 0; a < count; a++) {
        int i = s->active[a];
        s->slip[a] = trial[i] - s->sense[i];
    }
    NAME_solve_lower(s, count, s->slip);
    NAME_solve_upper(s, count, s->slip);
}

static void NAME_forces_of(const double *trial, NAME_search *s, int count)
{
    for (int a = 0; a < count; a++) {
        s->change[a] = -s->slip[a];
    }
    memcpy(s->force, trial, sizeof s->force);
    NAME_add_rows(count, NAME_WIDTH, &NAME_GRAM[0][0], s->active, s->change, s->force);
}

/* Write how far forces at rest are beyond their bounds; return the most. */
static double NAME_excesses(NAME_search *s)
{
    double lane[NAME_LANES] = {0.0}, worst = 0.0;
    for (int i = 0; i < NAME_WIDTH; i += NAME_LANES) {
        for (int l = 0; l < NAME_LANES; l++) {
            double size = fabs(s->force[i + l]), beyond = (size - 1.0) * NAME_DISTANCE[i + l];
            beyond = size > s->bound[i + l] ? beyond : 0.0;
            beyond = s->sense[i + l] == 0.0 ? beyond : 0.0;
            s->excess[i + l] = beyond;
            lane[l] = beyond > lane[l] ? beyond : lane[l];
        }
    }
    for (int l = 0; l < NAME_LANES; l++) {
        worst = lane[l] > worst ? lane[l] : worst;
    }
    return worst;
}

/* Let slips enter that are beyond by a share of the most; return how many flow then. */
static int NAME_let_enter(NAME_search *s, int count, double least)
{
    for (int i = 0; i < NAME_SLIPS && count < NAME_MOST; i++) {
        if (s->excess[i] > 0.0 && s->excess[i] >= least) {
            s->sense[i] = s->force[i] > 0.0 ? 1.0 : -1.0;
            s->active[count++] = i;
        }
    }
    return count;
}

/* Once more from the forces that are left, against round-off; return 0 where these are not on their bounds. */
static int NAME_settle(NAME_search *s, int count, double largest)
{
    for (int a = 0; a < count; a++) {
        int i = s->active[a];
        s->change[a] = s->force[i] - s->sense[i];
        if (!(fabs(s->change[a]) <= NAME_CERTAIN * largest)) {
            return 0;
        }
    }
    NAME_solve_lower(s, count, s->change);
    NAME_solve_upper(s, count, s->change);
    for (int a = 0; a < count; a++) {
        double value = s->slip[a] + s->change[a];
        s->slip[a] = value * s->sense[s->active[a]] > 0.0 ? value : 0.0;
    }
    return 1;
}

/* Let a slip flow until its force is on its bound; return how many flow then, or -1. */
static int NAME_enter(NAME_search *s, int count, int entering)
{
    double sense = s->force[entering] > 0.0 ? 1.0 : -1.0, own = 0.0;
    for (;;) {
        double left = NAME_column_of(s, count, entering), step = HUGE_VAL;
        int leaving = -1, independent = count < NAME_MOST && left > NAME_DEPENDENT * NAME_GRAM[entering][entering];
        memcpy(s->change, s->column, (size_t)count * sizeof *s->change);
        NAME_solve_upper(s, count, s->change); /* slips of the others against a unit slip of this one */
        if (independent) {
            step = (sense * s->force[entering] - 1.0) / left;
        }
        for (int a = 0; a < count; a++) {
            double against = s->change[a] * sense * s->sense[s->active[a]];
            if (against > 0.0 && fabs(s->slip[a]) < step * against) {
                step = fabs(s->slip[a]) / against;
                leaving = a;
            }
        }
        if (!(step < HUGE_VAL)) {
            return -1;
        }
        for (int a = 0; a < count; a++) {
            s->change[a] *= step * sense;
            s->slip[a] -= s->change[a];
        }
        if (independent) {
            double push = -step * sense;
            NAME_add_rows(1, NAME_WIDTH, &NAME_GRAM[0][0], &entering, &push, s->force);
            NAME_add_rows(count, NAME_WIDTH, &NAME_GRAM[0][0], s->active, s->change, s->force);
        }
        own += step;
        if (leaving < 0) {
            NAME_append(s, count, entering, left);
            s->sense[entering] = sense;
            s->slip[count] = sense * own;
            return count + 1;
        }
        s->sense[s->active[leaving]] = 0.0;
        for (int a = leaving; a < count - 1; a++) {
            int i = s->active[a + 1];
            double rest = NAME_column_of(s, a, i), least = NAME_DEPENDENT * NAME_DEPENDENT * NAME_GRAM[i][i];
            s->slip[a] = s->slip[a + 1];
            NAME_append(s, a, i, rest > least ? rest : least);
        }
        count--;
    }
}

/* The dual active-set method from any slips; return how many flow, or -1. */
static int NAME_project(const double *trial, NAME_search *s, int count)
{
    int kept = -1;
    while (count > 0 && kept < count) { /* slips rest until the others do not oppose their force */
        count = NAME_independent(s, count);
        NAME_slips_of(trial, s, count);
        kept = 0;
        for (int a = 0; a < count; a++) {
            int i = s->active[a];
            if (s->slip[a] * s->sense[i] > 0.0) {
                s->active[kept++] = i;
            } else {
                s->sense[i] = 0.0;
            }
        }
        if (kept < count) {
            count = kept;
            kept = -1;
        }
    }
    NAME_forces_of(trial, s, count);
    for (int turn = 0; turn < 20 * NAME_SLIPS + 100; turn++) {
        double worst = 0.0;
        int entering = -1;
        for (int i = 0; i < NAME_SLIPS; i++) {
            double size = fabs(s->force[i]);
            if (s->sense[i] == 0.0 && size > worst && size > s->bound[i]) {
                worst = size;
                entering = i;
            }
        }
        if (entering < 0) {
            NAME_slips_of(trial, s, count);
            NAME_forces_of(trial, s, count);
            return count;
        }
        count = NAME_enter(s, count, entering);
        if (count < 0) {
            return -1;
        }
    }
    return -1;
}

/* Find the slips; return how many flow, or -1. */
static int NAME_find_slips(const double *trial, double largest, NAME_search *s)
{
    double distance = 0.0, worst;
    int count = 0, rounds = NAME_ROUNDS;
    for (int i = 0; i < NAME_WIDTH; i++) {
        double own = fabs(trial[i]) * NAME_DISTANCE[i];
        distance = own > distance ? own : distance;
    }
    for (int i = 0; i < NAME_WIDTH; i++) {
        double width = distance * NAME_NORM[i], error = NAME_ROUND_OFF * (width < largest ? width : largest);
        s->bound[i] = 1.0 + (error > NAME_YIELDS ? error : NAME_YIELDS);
        s->sense[i] = 0.0;
        s->force[i] = trial[i];
    }
    worst = NAME_excesses(s);
    count = NAME_let_enter(s, 0, NAME_SHARE * worst);
    while (rounds-- > 0) {
        int kept = 0, flowing;
        if (!NAME_factorise(s, count)) {
            count = NAME_independent(s, count);
        }
        flowing = count;
        NAME_slips_of(trial, s, count);
        NAME_forces_of(trial, s, count);
        for (int a = 0; a < count; a++) {
            int i = s->active[a];
            if (s->slip[a] * s->sense[i] > 0.0) {
                s->active[kept++] = i;
            } else {
                s->sense[i] = 0.0;
                s->force[i] = 0.0; /* on its bound: it does not enter at once */
            }
        }
        worst = NAME_excesses(s);
        if (kept == flowing && worst == 0.0) {
            return NAME_settle(s, count, largest) ? count : -1;
        }
        count = worst > 0.0 ? NAME_let_enter(s, kept, NAME_SHARE * worst) : kept;
    }
    count = NAME_project(trial, s, count);
    return count >= 0 && NAME_settle(s, count, largest) ? count : -1;
}
