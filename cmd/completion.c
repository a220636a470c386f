/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * completion - what bash offers behind `understudy`: commands, their options, parameters and their choices, metrics.
 *
 * What is offered comes from tables; the functions that offer it are the same for every command.
 */
#include "cmd/command.h"
#include "cmd/manual.h"
#include "models/params.h"
#include "sim/report.h"

#include <string.h>

static void names_of_commands(FILE *stream)
{
    fputs("_understudy_commands='", stream);
    for (const struct command *command = commands; command->name != NULL; command++)
        fprintf(stream, "%s%s", command == commands ? "" : " ", command->name);
    fputs("'\n", stream);
}

static void options_of_commands(FILE *stream)
{
    fputs("declare -gA _understudy_options=(\n", stream);
    for (const struct command *command = commands; command->name != NULL; command++) {
        fprintf(stream, "    [%s]='--help", command->name);
        const struct argp_option *option = command->argp->options;
        for (; option != NULL && (option->name != NULL || option->key != 0); option++) {
            if (option->name != NULL)
                fprintf(stream, " --%s%s", option->name, option->arg != NULL ? "=" : "");
        }
        fputs("'\n", stream);
    }
    fputs(")\n", stream);
}

static void arguments_of_commands(FILE *stream)
{
    fputs("declare -gA _understudy_arguments=(\n", stream);
    for (const struct command *command = commands; command->name != NULL; command++) {
        const char *arguments = command->argp->args_doc;
        fprintf(stream, "    [%s]='%s'\n", command->name, arguments != NULL ? arguments : "");
    }
    fputs(")\n", stream);
}

static void choices_of_parameters(FILE *stream)
{
    fputs("declare -gA _understudy_choices=(\n", stream);
    for (const struct param *param = understudy_schema.params; param->name != NULL; param++) {
        fprintf(stream, "    [%s]='", param->name);
        for (const char *const *choice = param->choices;
             param->kind == PARAM_CHOICE && *choice != NULL; choice++)
            fprintf(stream, "%s%s", choice == param->choices ? "" : " ", *choice);
        fputs(param->kind == PARAM_BOOL ? "yes no'\n" : "'\n", stream);
    }
    fputs(")\n", stream);
}

static void names_of_values(FILE *stream)
{
    fputs("_understudy_formats='", stream);
    for (int i = 0; report_format_names[i] != NULL; i++)
        fprintf(stream, "%s%s", i > 0 ? " " : "", report_format_names[i]);
    fputs("'\n_understudy_metrics='all", stream);
    for (const struct metric_type *type = understudy_metrics; type->name != NULL; type++)
        fprintf(stream, " %s", type->name);
    fputs("'\n", stream);
}

static const char function[] =
    "# The whole word at the cursor: bash may have broken it at `=`. What it broke off must not be "
    "in the replies.\n"
    "_understudy_reply() {\n"
    "    local prefix=$1 word=$2 list=$3 cut=\n"
    "    [[ $COMP_WORDBREAKS == *=* ]] && cut=${word%\"${word##*=}\"}\n"
    "    mapfile -t COMPREPLY < <(compgen -P \"$prefix\" -W \"$list\" -- \"${word#\"$prefix\"}\")\n"
    "    COMPREPLY=(\"${COMPREPLY[@]#\"$cut\"}\")\n"
    "    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null\n"
    "    return 0\n"
    "}\n"
    "\n"
    "_understudy() {\n"
    "    local line=${COMP_LINE:0:COMP_POINT} words command word before setting=\n"
    "    read -ra words <<<\"$line\"\n"
    "    [[ $line == *[[:space:]] ]] && words+=('')\n"
    "    command=${words[1]} word=${words[-1]} before=${words[-2]}\n"
    "    COMPREPLY=()\n"
    "    [[ ${#words[@]} -le 2 ]] && { _understudy_reply '' \"$word\" \"$_understudy_commands\"; "
    "return; }\n"
    "    case $before:$word in\n"
    "        *:--set=*) setting=--set= ;;\n"
    "        --set:*) setting=@ ;;\n"
    "        *:--format=* | --format:*)\n"
    "            _understudy_reply \"${word%\"${word##*=}\"}\" \"$word\" \"$_understudy_formats\"; "
    "return ;;\n"
    "        *:--metrics=* | --metrics:*)\n"
    "            _understudy_reply \"${word%\"${word##*[=,]}\"}\" \"$word\" "
    "\"$_understudy_metrics\"; return ;;\n"
    "        *:-*) _understudy_reply '' \"$word\" \"${_understudy_options[$command]}\"; return ;;\n"
    "    esac\n"
    "    if [[ -n $setting ]]; then\n"
    "        setting=${setting#@}\n"
    "        local rest=${word#\"$setting\"} name\n"
    "        name=${rest%%=*}\n"
    "        if [[ $rest == *=* ]]; then\n"
    "            _understudy_reply \"$setting$name=\" \"$word\" \"${_understudy_choices[$name]}\"\n"
    "        else\n"
    "            name=\"${!_understudy_choices[*]}\"\n"
    "            _understudy_reply \"$setting\" \"$word\" \"${name// /= }=\"\n"
    "        fi\n"
    "    elif [[ ${_understudy_arguments[$command]} == *FILE* ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -f -X '!*.yaml' -- \"$word\"; compgen -d -S / -- "
    "\"$word\")\n"
    "        [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]] && compopt -o nospace "
    "2>/dev/null\n"
    "    elif [[ $command == reference ]]; then\n"
    "        _understudy_reply '' \"$word\" \"$(understudy reference 2>/dev/null | cut -d ' ' -f "
    "1)\"\n"
    "    fi\n"
    "    return 0\n"
    "}\n"
    "complete -o default -F _understudy understudy\n";

void manual_completion(FILE *stream)
{
    fputs("# Completion of `understudy` for bash. Written by `understudy reference "
          "understudy.bash`.\n",
          stream);
    names_of_commands(stream);
    options_of_commands(stream);
    arguments_of_commands(stream);
    choices_of_parameters(stream);
    names_of_values(stream);
    fputs(function, stream);
}
