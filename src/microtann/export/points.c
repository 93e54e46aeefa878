/* Many points, whatever the form. NAME_point gives one increment of one point and returns 0, or 1 where it fails;
   it gets finite numbers only, and writes all of its outputs where it returns 0. */

void NAME_virgin(double *values)
{
    for (int m = 0; m < NAME_STATES; m++) {
        values[m] = NAME_VIRGIN[m];
    }
}

/* How far values are from the middle of their box, relative to half its width; infinite for what is no number. */
static double NAME_far(int count, const double *values, const double *middle, const double *half)
{
    double reach = 0.0;
    for (int i = 0; i < count; i++) {
        double own = fabs(values[i] - middle[i]) / half[i];
        if (!(own <= reach)) {
            reach = own < HUGE_VAL ? own : HUGE_VAL;
        }
    }
    return reach;
}

/* Whether a strain or an increment, of finite numbers, reaches farther than is allowed. */
static int NAME_beyond(const double *end, const double *increment)
{
    int beyond = 0;
    for (int i = 0; i < NAME_COMPONENTS; i++) {
        beyond |= fabs(end[i]) > NAME_FARTHEST * NAME_RANGE_STRAIN[i];
        beyond |= fabs(increment[i]) > NAME_FARTHEST * NAME_RANGE_INCREMENT[i];
    }
    return beyond;
}

void NAME_reach(size_t points, const double *strain, const double *increment, const double *new_state, double *reach)
{
    static const double middle[NAME_COMPONENTS] = {0.0};
    for (size_t p = 0; p < points; p++) {
        const double *step = increment + p * NAME_COMPONENTS, *state = new_state + p * NAME_STATES;
        double end[NAME_COMPONENTS], far[3];
        for (int i = 0; i < NAME_COMPONENTS; i++) {
            end[i] = strain[p * NAME_COMPONENTS + i] + step[i];
        }
        far[0] = NAME_far(NAME_COMPONENTS, end, middle, NAME_RANGE_STRAIN);
        far[1] = NAME_far(NAME_COMPONENTS, step, middle, NAME_RANGE_INCREMENT);
        far[2] = NAME_far(NAME_STATES, state, NAME_RANGE_MIDDLE, NAME_RANGE_HALF);
        reach[p] = far[0] > far[1] ? far[0] : far[1];
        reach[p] = far[2] > reach[p] ? far[2] : reach[p];
    }
}

/* Whether something is no number or infinite: zero times it is no number then. */
static int NAME_finite(int count, const double *values)
{
    double lane[NAME_LANES] = {0.0}, total = 0.0;
    int i = 0;
    for (; i + NAME_LANES <= count; i += NAME_LANES) {
        for (int l = 0; l < NAME_LANES; l++) {
            lane[l] += 0.0 * values[i + l];
        }
    }
    for (; i < count; i++) {
        total += 0.0 * values[i];
    }
    for (int l = 0; l < NAME_LANES; l++) {
        total += lane[l];
    }
    return total == 0.0;
}

static void NAME_no_numbers(size_t count, double *values)
{
    for (size_t i = 0; i < count; i++) {
        values[i] = NAN;
    }
}

int NAME_update(size_t points, double time_increment, const double *strain, const double *increment,
                const double *state, double *stress, double *new_state, double *tangent, double *energy,
                double *dissipation)
{
    enum { v = NAME_COMPONENTS, z = NAME_STATES };
    int failed = 0;
    int timely = time_increment < HUGE_VAL && (NAME_TIMED ? time_increment > 0.0 : time_increment >= 0.0);
    for (size_t p = 0; p < points; p++) {
        const double *step = increment + p * v;
        double *after = new_state + p * z, *own = tangent ? tangent + p * v * v : NULL;
        double start[z], end[v];
        int wrong = !timely || !NAME_finite(v, strain + p * v) || !NAME_finite(v, step) ||
                    !NAME_finite(z, state + p * z);
        for (int i = 0; i < v; i++) {
            end[i] = strain[p * v + i] + step[i];
        }
        for (int m = 0; m < z; m++) {
            start[m] = state[p * z + m] + NAME_VIRGIN[m];
        }
        wrong = wrong || NAME_beyond(end, step);
        wrong = wrong || NAME_point(time_increment, strain + p * v, step, end, start, stress + p * v, after, own,
                                    energy + p, dissipation + p);
        wrong = wrong || !NAME_finite(v, stress + p * v) || !NAME_finite(z, after) || !NAME_finite(1, energy + p) ||
                !NAME_finite(1, dissipation + p) || (own && !NAME_finite(v * v, own));
        if (wrong) {
            NAME_no_numbers(v, stress + p * v);
            NAME_no_numbers(z, after);
            NAME_no_numbers(1, energy + p);
            NAME_no_numbers(1, dissipation + p);
            if (own) {
                NAME_no_numbers(v * v, own);
            }
            failed += failed < INT_MAX;
        } else {
            for (int m = 0; m < z; m++) {
                after[m] -= NAME_VIRGIN[m];
            }
        }
    }
    return failed;
}

const char *NAME_reason(double time_increment, const double *strain, const double *increment, const double *state)
{
    double end[NAME_COMPONENTS];
    if (!NAME_finite(NAME_COMPONENTS, strain) || !NAME_finite(NAME_COMPONENTS, increment)) {
        return "a strain is no number";
    }
    if (!NAME_finite(NAME_STATES, state)) {
        return "a state is no number";
    }
    if (!(time_increment > 0.0 && time_increment < HUGE_VAL)) {
        return "the time increment must be positive";
    }
    for (int i = 0; i < NAME_COMPONENTS; i++) {
        end[i] = strain[i] + increment[i];
    }
    if (NAME_beyond(end, increment)) {
        return "the strain is far outside of the range of the training";
    }
    return "the flow was not found";
}
