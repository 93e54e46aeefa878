/* Slips in a convex energy: the quadratic one and a network, sum of w (F(u + b) - F(b) - F'(b) u), F = log cosh.

   The energy is bounded from above by a quadratic one that touches it at the latest states and has the largest
   curvature that it may have; the slips of that lower the incremental energy. A step of Newton's method among the
   slips that flow is taken instead where it lowers it further. It ends where every flowing slip has the force of its
   resistance and no force at rest is beyond it. */
typedef struct {
    double slip[NAME_WIDTH];                       /* of the increment */
    double state[NAME_DEPTH], elastic[NAME_DEPTH]; /* Z, and the force of the quadratic energy on it */
    double along[NAME_NEURONS], slope[NAME_NEURONS], second[NAME_NEURONS]; /* of the network */
    double on_slip[NAME_WIDTH];                    /* forces on the slips */
    double value;                                  /* incremental energy */
} NAME_place;

static double NAME_log_cosh(double u)
{
    return fabs(u) + log1p(exp(-2.0 * fabs(u))) - log(2.0);
}

/* 1 + c |g|^m of a slip that flows. */
static double NAME_resistance(double viscosity, double slip)
{
#if NAME_VISCOUS
    return 1.0 + viscosity * pow(fabs(slip), NAME_EXPONENT);
#else
    (void)viscosity;
    (void)slip;
    return 1.0;
#endif
}

/* How that grows. */
static double NAME_stiffening(double viscosity, double slip)
{
#if NAME_VISCOUS
    return NAME_EXPONENT * viscosity * pow(fabs(slip), NAME_EXPONENT - 1.0);
#else
    (void)viscosity;
    (void)slip;
    return 0.0;
#endif
}

static int NAME_lower(double viscosity, const double *trial, NAME_flow *flow)
{
#if NAME_VISCOUS
    return NAME_find_flow(viscosity, trial, flow);
#else
    (void)viscosity;
    return NAME_slow_flow(trial, flow);
#endif
}

/* Write all that follows from the slips of the increment. */
static void NAME_put(double viscosity, const double *end, const double *state, NAME_place *at)
{
    double force[NAME_DEPTH], factor[NAME_NEURONS], moved[NAME_DEPTH] = {0.0};
    NAME_add_rows(NAME_SLIPS, NAME_DEPTH, &NAME_BY_SLIP[0][0], NULL, at->slip, moved);
    memset(at->on_slip, 0, sizeof at->on_slip);
    at->value = 0.0;
    for (int m = 0; m < NAME_STATES; m++) {
        at->state[m] = state[m] + moved[m];
        at->elastic[m] = NAME_dot(NAME_COMPONENTS, NAME_COUPLING[m], end) - at->state[m];
        force[m] = at->elastic[m];
        at->value += 0.5 * force[m] * force[m];
    }
    for (int h = 0; h < NAME_NEURONS; h++) {
        double u = NAME_dot(NAME_COMPONENTS, NAME_UNIT_DRIVING[h], end), t;
        u += NAME_dot(NAME_STATES, NAME_UNIT_STATE[h], at->state);
        t = tanh(u + NAME_OFFSET[h]);
        at->along[h] = u;
        at->slope[h] = NAME_WEIGHT[h] * (t - tanh(NAME_OFFSET[h]));
        at->second[h] = NAME_WEIGHT[h] * (1.0 - t * t);
        at->value += NAME_WEIGHT[h] * (NAME_log_cosh(u + NAME_OFFSET[h]) - NAME_log_cosh(NAME_OFFSET[h]) -
                                       tanh(NAME_OFFSET[h]) * u);
        factor[h] = -at->slope[h];
    }
    NAME_add_rows(NAME_STATES, NAME_WIDTH, &NAME_NORMALS[0][0], NULL, force, at->on_slip);
    NAME_add_rows(NAME_NEURONS, NAME_WIDTH, &NAME_UNIT_SLIP[0][0], NULL, factor, at->on_slip);
    for (int i = 0; i < NAME_SLIPS; i++) {
        double size = fabs(at->slip[i]);
        if (size > 0.0) {
            double beyond = NAME_resistance(viscosity, size) - 1.0;
#if NAME_VISCOUS
            beyond /= 1.0 + NAME_EXPONENT;
#endif
            at->value += size * (1.0 + beyond);
        }
    }
}

/* The largest error of a force, absolute. */
static double NAME_error_of(double viscosity, const NAME_place *at)
{
    double worst = 0.0;
    for (int i = 0; i < NAME_SLIPS; i++) {
        double slip = at->slip[i], force = at->on_slip[i], wrong = fabs(force) - 1.0;
        if (slip != 0.0) {
            wrong = fabs((slip > 0.0 ? force : -force) - NAME_resistance(viscosity, slip));
        } else {
#if NAME_VISCOUS
            wrong = wrong > 0.0 && log(wrong / viscosity) / NAME_EXPONENT >= NAME_LEAST ? wrong : 0.0;
#else
            wrong -= NAME_YIELDS;
#endif
        }
        worst = wrong > worst ? wrong : worst;
    }
    return worst;
}

/* Factorise the equations of the flowing slips, divided by the roots of their diagonal; return how many, or -1. */
static int NAME_equations(double viscosity, const NAME_place *at, NAME_flow *f, double *root)
{
    int count = 0;
    for (int i = 0; i < NAME_SLIPS; i++) {
        if (at->slip[i] != 0.0) {
            f->flowing[count++] = i;
        }
    }
    for (int a = 0; a < count; a++) {
        for (int b = a; b < count; b++) {
            double sum = NAME_REST_GRAM[f->flowing[a]][f->flowing[b]];
            for (int h = 0; h < NAME_NEURONS; h++) {
                sum += at->second[h] * NAME_UNIT_SLIP[h][f->flowing[a]] * NAME_UNIT_SLIP[h][f->flowing[b]];
            }
            f->matrix[a][b] = sum;
        }
        f->matrix[a][a] += NAME_stiffening(viscosity, at->slip[f->flowing[a]]);
        root[a] = sqrt(f->matrix[a][a]);
    }
    for (int a = 0; a < count; a++) {
        for (int b = a; b < count; b++) {
            f->matrix[a][b] /= root[a] * root[b];
        }
    }
    return NAME_factorise_dense(count, f->matrix) ? count : -1;
}

/* Take a step of Newton's method among the slips that flow, if it lowers the incremental energy. */
static void NAME_refine(double viscosity, const double *end, const double *state, NAME_place *at, NAME_flow *f)
{
    double root[NAME_SLIPS], step[NAME_SLIPS];
    NAME_place next = *at;
    int count = NAME_equations(viscosity, at, f, root);
    if (count <= 0) {
        return;
    }
    for (int a = 0; a < count; a++) {
        double slip = at->slip[f->flowing[a]], sense = slip > 0.0 ? 1.0 : -1.0;
        step[a] = (at->on_slip[f->flowing[a]] - sense * NAME_resistance(viscosity, slip)) / root[a];
    }
    NAME_solve_dense_lower(count, f->matrix, step);
    NAME_solve_dense_upper(count, f->matrix, step);
    for (int a = 0; a < count; a++) {
        int i = f->flowing[a];
        double moved = at->slip[i] + step[a] / root[a];
        next.slip[i] = moved * at->slip[i] > 0.0 ? moved : 0.0;
    }
    NAME_put(viscosity, end, state, &next);
    if (next.value <= at->value) {
        *at = next;
    }
}

/* Find the minimum; return 0 where it is not found. */
static int NAME_find_minimum(double viscosity, const double *end, const double *state, NAME_place *at, NAME_flow *f)
{
    double size = 1.0;
    memset(at->slip, 0, sizeof at->slip);
    NAME_put(viscosity, end, state, at);
    for (int i = 0; i < NAME_SLIPS; i++) {
        double own = fabs(at->on_slip[i]);
        size = own > size ? own : size;
    }
    if (!(size < HUGE_VAL)) {
        return 0;
    }
    for (int turn = 0; turn <= NAME_STEPS; turn++) {
        double trial[NAME_WIDTH];
        if (NAME_error_of(viscosity, at) <= NAME_CERTIFICATE * size) {
            return 1;
        }
        memcpy(trial, at->on_slip, sizeof trial);
        NAME_add_rows(NAME_SLIPS, NAME_WIDTH, &NAME_GRAM[0][0], NULL, at->slip, trial);
        if (!NAME_lower(viscosity, trial, f)) {
            return 0;
        }
        memcpy(at->slip, f->slip, sizeof at->slip);
        NAME_put(viscosity, end, state, at);
        NAME_refine(viscosity, end, state, at, f);
    }
    return 0;
}

/* The tangent: of the energy at given states, less what the flowing slips give way to. */
static int NAME_tangent_of(double viscosity, const NAME_place *at, NAME_flow *f, double *tangent)
{
    double half[NAME_SLIPS][NAME_COMPONENTS], column[NAME_SLIPS], root[NAME_SLIPS];
    int count = NAME_equations(viscosity, at, f, root);
    if (count < 0) {
        return 1;
    }
    for (int k = 0; k < NAME_COMPONENTS; k++) {
        for (int a = 0; a < count; a++) {
            int i = f->flowing[a];
            column[a] = NAME_RATES[i][k];
            for (int h = 0; h < NAME_NEURONS; h++) {
                column[a] -= at->second[h] * NAME_UNIT_SLIP[h][i] * NAME_UNIT_DRIVING[h][k];
            }
            column[a] /= root[a];
        }
        NAME_solve_dense_lower(count, f->matrix, column);
        for (int a = 0; a < count; a++) {
            half[a][k] = column[a];
        }
    }
    memcpy(tangent, NAME_RIGID, sizeof NAME_RIGID);
    for (int i = 0; i < NAME_COMPONENTS; i++) {
        for (int j = 0; j < NAME_COMPONENTS; j++) {
            double sum = 0.0;
            for (int h = 0; h < NAME_NEURONS; h++) {
                sum += at->second[h] * NAME_UNIT_DRIVING[h][i] * NAME_UNIT_DRIVING[h][j];
            }
            for (int a = 0; a < count; a++) {
                sum -= half[a][i] * half[a][j];
            }
            tangent[i * NAME_COMPONENTS + j] += NAME_ENERGY * sum;
        }
    }
    return 0;
}

static int NAME_point(double time_increment, const double *start, const double *increment, const double *end,
                      const double *state, double *stress, double *new_state, double *tangent, double *energy,
                      double *dissipation)
{
    double viscosity = 0.0, stored = 0.0, lost = 0.0;
    NAME_place at;
    NAME_flow flow;
    (void)start;
    (void)increment;
#if NAME_VISCOUS
    viscosity = exp(NAME_LOG_VISCOSITY - NAME_EXPONENT * log(time_increment));
#else
    (void)time_increment;
#endif
    if (!NAME_find_minimum(viscosity, end, state, &at, &flow)) {
        return 1;
    }
    if (tangent && NAME_tangent_of(viscosity, &at, &flow, tangent)) {
        return 1;
    }
    for (int i = 0; i < NAME_SLIPS; i++) {
        lost += at.slip[i] * at.on_slip[i];
    }
    for (int m = 0; m < NAME_STATES; m++) {
        new_state[m] = at.state[m];
        stored += 0.5 * at.elastic[m] * at.elastic[m];
    }
    for (int h = 0; h < NAME_NEURONS; h++) {
        stored += NAME_WEIGHT[h] * (NAME_log_cosh(at.along[h] + NAME_OFFSET[h]) - NAME_log_cosh(NAME_OFFSET[h]) -
                                    tanh(NAME_OFFSET[h]) * at.along[h]);
    }
    for (int i = 0; i < NAME_COMPONENTS; i++) {
        double total = NAME_dot(NAME_COMPONENTS, NAME_ELASTIC[i], end);
        stored += 0.5 * total * end[i];
        total += NAME_dot(NAME_STATES, NAME_DRIVES[i], at.elastic);
        for (int h = 0; h < NAME_NEURONS; h++) {
            total += at.slope[h] * NAME_UNIT_DRIVING[h][i];
        }
        stress[i] = NAME_ENERGY * total;
    }
    *energy = NAME_ENERGY * stored;
    *dissipation = NAME_ENERGY * lost;
    return 0;
}
