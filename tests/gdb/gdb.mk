# For the Makefile to include: the gdb script is tried by what `make test` runs.
.PHONY: run-gdb
run-more: run-gdb
run-gdb:
	@case asyncc-tasks in *"$(T)"*) sh tests/gdb/run.sh $(BUILD)/gdb ;; esac
