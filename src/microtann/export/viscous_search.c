/* Slips with a viscous power law: g = argmin g.Gg/2 - r.g + sum |g| + c |g|^(1 + m)/(1 + m), from the trial forces r.

   Sweeps minimise along one slip at a time, which finds those that flow; steps of Newton's method, in which slips may
   stop and the function never rises, settle them. Both start from the slips without viscosity. It ends where every
   flowing slip has the force of its resistance 1 + c |g|^m and no force at rest is beyond 1. */

/* The root x of g x + c x^m = e > 0; zero where it is below the smallest slip. */
static double NAME_power_root(double stiffness, double viscosity, double excess)
{
    double place = log(excess / stiffness);
    if (viscosity > 0.0) {
        double other = log(excess / viscosity) / NAME_EXPONENT;
        place = other < place ? other : place;
    }
    if (place < NAME_LEAST) {
        return 0.0;
    }
    for (int turn = 0; turn < 60; turn++) { /* in the logarithm the function is convex */
        double linear = stiffness * exp(place), power = viscosity * exp(NAME_EXPONENT * place);
        double step = (linear + power - excess) / (linear + NAME_EXPONENT * power);
        place -= step;
        if (fabs(step) <= 1e-16 * (fabs(place) > 1.0 ? fabs(place) : 1.0)) {
            break;
        }
    }
    return place > NAME_LEAST ? exp(place) : 0.0;
}

static void NAME_sweep(double viscosity, NAME_flow *f)
{
    for (int i = 0; i < NAME_SLIPS; i++) {
        double own = NAME_GRAM[i][i], alone = f->force[i] + own * f->slip[i], change = 0.0;
        if (own <= 0.0) {
            continue;
        }
        if (fabs(alone) > 1.0) {
            change = NAME_power_root(own, viscosity, fabs(alone) - 1.0);
            change = alone > 0.0 ? change : -change;
        }
        change -= f->slip[i];
        if (change != 0.0) {
            f->slip[i] += change;
            for (int j = 0; j < NAME_WIDTH; j++) {
                f->force[j] -= change * NAME_GRAM[i][j];
            }
        }
    }
}

/* By how much the force on a slip is too large for its motion. */
static double NAME_defect(double viscosity, double force, double slip)
{
    double beyond = fabs(force) - 1.0;
    if (slip != 0.0) {
        return (slip > 0.0 ? force : -force) - 1.0 - viscosity * pow(fabs(slip), NAME_EXPONENT);
    }
    if (beyond <= 0.0 || (viscosity > 0.0 && log(beyond / viscosity) / NAME_EXPONENT < NAME_LEAST)) {
        return 0.0;
    }
    return beyond;
}

static void NAME_flow_forces(const double *trial, NAME_flow *f)
{
    memcpy(f->force, trial, sizeof f->force);
    for (int j = 0; j < NAME_SLIPS; j++) {
        double size = f->slip[j];
        if (size != 0.0) {
            for (int i = 0; i < NAME_WIDTH; i++) {
                f->force[i] -= size * NAME_GRAM[j][i];
            }
        }
    }
}

/* The function that is minimised. */
static double NAME_value(double viscosity, const double *trial, const NAME_flow *f)
{
    double total = 0.0;
    for (int i = 0; i < NAME_SLIPS; i++) {
        double size = fabs(f->slip[i]);
        if (size > 0.0) {
            total += size + viscosity * pow(size, 1.0 + NAME_EXPONENT) / (1.0 + NAME_EXPONENT);
            total -= 0.5 * f->slip[i] * (trial[i] + f->force[i]);
        }
    }
    return total;
}

/* Take a step in which slips that would change their sense stop; return whether the function falls. */
static int NAME_stop(double viscosity, const double *trial, NAME_flow *f, int count)
{
    double now = NAME_value(viscosity, trial, f), share = 1.0;
    int stopped = 0;
    for (int a = 0; a < count; a++) {
        double slip = f->slip[f->flowing[a]];
        stopped |= f->step[a] * slip < 0.0 && fabs(f->step[a]) >= fabs(slip);
    }
    if (!stopped) {
        return 0;
    }
    memcpy(f->before, f->slip, sizeof f->before);
    for (int turn = 0; turn < 8; turn++) {
        for (int a = 0; a < count; a++) {
            int i = f->flowing[a];
            double moved = f->before[i] + share * f->step[a];
            f->slip[i] = moved * f->before[i] > 0.0 ? moved : 0.0;
        }
        NAME_flow_forces(trial, f);
        if (NAME_value(viscosity, trial, f) <= now + NAME_ROUNDING * fabs(now)) {
            return 1;
        }
        share *= 0.5;
    }
    memcpy(f->slip, f->before, sizeof f->before);
    NAME_flow_forces(trial, f);
    return 0;
}

/* A step of Newton's method in the slips that flow, shortened until the function falls. */
static void NAME_newton(double viscosity, const double *trial, NAME_flow *f)
{
    double share = NAME_SINGULAR;
    int count = 0;
    for (int i = 0; i < NAME_SLIPS; i++) {
        if (f->slip[i] != 0.0) {
            double wrong = NAME_defect(viscosity, f->force[i], f->slip[i]);
            f->step[count] = f->slip[i] > 0.0 ? wrong : -wrong;
            f->flowing[count++] = i;
        }
    }
    for (;;) { /* more slips than dimensions and hardly any viscosity leave the matrix singular */
        for (int a = 0; a < count; a++) {
            int i = f->flowing[a];
            double stiff = NAME_EXPONENT * viscosity * pow(fabs(f->slip[i]), NAME_EXPONENT - 1.0);
            for (int b = a; b < count; b++) {
                f->matrix[a][b] = NAME_GRAM[i][f->flowing[b]];
            }
            f->matrix[a][a] = (f->matrix[a][a] + stiff) * (1.0 + share);
        }
        if (NAME_factorise_dense(count, f->matrix)) {
            break;
        }
        if (share > 1.0) {
            return;
        }
        share *= 100.0;
    }
    NAME_solve_dense_lower(count, f->matrix, f->step);
    NAME_solve_dense_upper(count, f->matrix, f->step);
    if (NAME_stop(viscosity, trial, f, count)) {
        return;
    }
    share = 1.0;
    for (int a = 0; a < count; a++) {
        double slip = f->slip[f->flowing[a]];
        if (f->step[a] * slip < 0.0) {
            double most = (1.0 - NAME_KEPT) * fabs(slip) / fabs(f->step[a]);
            share = most < share ? most : share;
        }
    }
    memcpy(f->before, f->slip, sizeof f->before);
    for (int turn = 0; turn < 40; turn++) {
        double ahead = 0.0;
        for (int a = 0; a < count; a++) {
            f->slip[f->flowing[a]] = f->before[f->flowing[a]] + share * f->step[a];
        }
        NAME_flow_forces(trial, f);
        for (int a = 0; a < count; a++) {
            int i = f->flowing[a];
            double wrong = NAME_defect(viscosity, f->force[i], f->slip[i]);
            ahead += f->step[a] * (f->slip[i] > 0.0 ? wrong : -wrong);
        }
        if (ahead >= 0.0 || share == 0.0) { /* the function still falls at the end of the step */
            return;
        }
        share *= 0.5;
    }
    memcpy(f->slip, f->before, sizeof f->before);
    NAME_flow_forces(trial, f);
}

/* Find the slips; return 0 where they are not found. */
static int NAME_find_flow(double viscosity, const double *trial, NAME_flow *f)
{
    double largest = 1.0;
    for (int i = 0; i < NAME_SLIPS; i++) {
        largest = fabs(trial[i]) > largest ? fabs(trial[i]) : largest;
    }
    NAME_slow_flow(trial, f);
    NAME_flow_forces(trial, f);
    for (int turn = 0; turn < NAME_TURNS; turn++) {
        double worst = 0.0, size = largest;
        for (int sweeps = turn < NAME_SHORT ? 1 : NAME_SWEEPS; sweeps > 0; sweeps--) {
            NAME_sweep(viscosity, f);
        }
        NAME_newton(viscosity, trial, f);
        for (int i = 0; i < NAME_SLIPS; i++) {
            double wrong = fabs(NAME_defect(viscosity, f->force[i], f->slip[i])), cancelled = 0.0;
            for (int j = 0; j < NAME_SLIPS; j++) {
                cancelled += fabs(NAME_GRAM[i][j] * f->slip[j]);
            }
            worst = wrong > worst ? wrong : worst;
            size = cancelled > size ? cancelled : size;
        }
        if (worst <= NAME_SETTLED * size) {
            return 1;
        }
    }
    return 0;
}
