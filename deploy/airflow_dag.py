"""A DAG for Airflow 3 (README, "Other schedulers"): copy it to the dags folder and state where the checkout is.

`report` makes and publishes all pages. Where not everybody has delivered yet (exit 5) it is skipped; for a run that is
under way it waits; any other exit code fails it, with the sentence that says why in its log. It is not tried again:
what fails there needs a person. `one_street` is a notebook by itself, as papermill runs it.
"""

import pendulum
from airflow.providers.papermill.operators.papermill import PapermillOperator
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

PLACE = "/opt/longling-analysis"

with DAG(
    "longling_report",
    schedule="0 6 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
):
    report = BashOperator(
        task_id="report",
        bash_command="./run report --complete --wait 60",
        cwd=PLACE,
        skip_on_exit_code=5,
        execution_timeout=pendulum.duration(hours=4),
    )
    one_street = PapermillOperator(
        task_id="one_street",
        input_nb=f"{PLACE}/notebooks/03_incident_trends.ipynb",
        output_nb="/tmp/buji-{{ ds }}.ipynb",
        parameters={"area": "布吉街道", "lang": "zh"},
        kernel_name="longling",
    )
    report >> one_street
