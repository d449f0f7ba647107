#include "stage.h"

#include <stdlib.h>
#include <string.h>

/* All files are looked at after so many operations. */
enum { LOOK_EACH = 8 };

/* More calls than any world needs: the engine goes round in circles. */
#define TOO_MANY_CALLS UINT64_C(3000000)

static void ask(struct stage *stage, const struct operation *o,
                struct reflink_outcome *outcome)
{
    outcome->size = sizeof *outcome;
    if (o->kind == OPERATION_FILE)
        reflink_file(stage->session, &o->policy, stage_paths[o->source],
                     stage_paths[o->dest], outcome);
    else
        reflink_range(stage->session, &o->policy, stage_paths[o->source],
                      stage_paths[o->dest], &o->range, outcome);
}

static bool try_request(struct stage *stage, const struct operation *o,
                        size_t number)
{
    struct trial t = {.stage = stage, .operation = o};
    struct sim_volume *to = stage_volume(stage, o->dest);
    t.facts = facts_find(stage, o);
    model_expect(&stage->model, o, &t.facts, &t.expected);
    if (facts_limited_only(&t))
        t.expected.least_clone = facts_unsaturated(&t);
    t.existed = stage->model.files[o->dest] != NULL;
    t.was_sparse = t.existed && sim_is_sparse(stage_paths[o->dest]);
    t.written = t.existed ? sim_written(stage_paths[o->dest]) : 0;
    t.differs = t.expected.runs && o->kind == OPERATION_RANGE && t.existed &&
                stage->model.files[o->dest]->size != 0 &&
                sim_integrity(stage_paths[o->source]) !=
                    sim_integrity(stage_paths[o->dest]);
    facts_plant_faults(stage, o);
    uint64_t met = sim_faults_met();
    uint64_t drop_at = to->drop.at;
    t.clones = sim_calls(SIM_OP_CLONE);
    t.removes = sim_calls(SIM_OP_REMOVE);
    ask(stage, o, &t.outcome);
    t.clones = sim_calls(SIM_OP_CLONE) - t.clones;
    t.removes = sim_calls(SIM_OP_REMOVE) - t.removes;
    t.dropped = drop_at != 0 && to->drop.at == 0;
    t.met = (unsigned)(sim_faults_met() - met) + t.dropped;
    sim_clear_faults();
    if (facts_is_drop(&o->faults[0]) || facts_is_drop(&o->faults[1]))
        to->drop.at = 0;
    stage->result->requests++;
    stage->result->faults += t.met;
    return judge_trial(&t, number);
}

static struct generate_view view_of(const struct stage *stage)
{
    const struct setting *setting = stage->setting;
    struct generate_view view = {
        .cluster = setting->cluster,
        .largest = setting->largest,
        .files = setting->files,
        .faults = setting->faults,
        .drops = setting->drops,
        .far = true,
        .integrity = (stage->volume->features & OS_VOLUME_INTEGRITY) != 0,
    };
    for (unsigned i = 0; i < MODEL_FILES; i++) {
        view.exists[i] = stage->model.files[i] != NULL;
        if (view.exists[i])
            view.size[i] = stage->model.files[i]->size;
    }
    return view;
}

/* Two files are there from the start, if there is room. */
static void furnish(struct stage *stage)
{
    struct operation make = {.kind = OPERATION_MAKE, .seed = 1};
    make.length = stage->setting->largest / 2 + stage->setting->cluster / 3;
    stage_make_file(stage, &make);
    make.dest = 1;
    make.seed = 2;
    make.length = stage->setting->largest / 4 * 3;
    stage_make_file(stage, &make);
}

static void runaway(void *arg)
{
    const struct stage *stage = arg;
    fprintf(stderr, "the engine does not come to an end: operation %zu\n",
            stage->result->at);
    abort();
}

static bool step(struct stage *stage, const struct operation *operation,
                 size_t number)
{
    bool right = true;
    if (operation->kind == OPERATION_FILE || operation->kind == OPERATION_RANGE)
        right = try_request(stage, operation, number);
    else
        stage_meddle(stage, operation);
    for (unsigned i = 0; right && i < MODEL_FILES; i++) {
        if (number % LOOK_EACH == LOOK_EACH - 1)
            right = judge_holds(stage, i);
    }
    return right;
}

void play(const struct setting *setting, struct operation *operations,
          size_t count, bool generate, struct play_result *result)
{
    struct stage stage = {.setting = setting, .result = result};
    struct chance chance = chance_of(setting->seed, 0);
    memset(result, 0, sizeof *result);
    result->right = true;
    setting_mount(setting, &stage.volume, &stage.other);
    stage.session = reflink_session_open();
    furnish(&stage);
    sim_at_call(SIM_OP_ANY, TOO_MANY_CALLS, runaway, &stage);
    for (size_t i = 0; i < count && result->right; i++) {
        struct generate_view view = view_of(&stage);
        if (generate)
            generate_operation(&chance, &view, &operations[i]);
        result->at = i;
        sim_trace(setting->trace && i + 1 == count);
        result->right = step(&stage, &operations[i], i);
    }
    if (result->right && !sim_check())
        result->right = stage_wrong(&stage, "reference counts do not add up");
    if (setting->trace)
        sim_trace_print(stderr);
    model_clear(&stage.model);
    reflink_session_close(stage.session);
    sim_reset();
}
