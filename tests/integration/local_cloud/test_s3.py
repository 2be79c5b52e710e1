"""Objects in S3 are the cloud's own: another user of the machine has no part in them."""

from uuid import uuid4

from local.cloud import Cloud


def test_objects_are_kept_in_the_clouds_folder_which_goes_with_it(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    bucket = f"test-{uuid4()}"
    s3.create_bucket(Bucket=bucket)

    s3.put_object(Bucket=bucket, Key="large", Body=bytes(1_000_000))

    assert list(cloud.folder.glob(f"tmp/*/{bucket}"))
    assert s3.get_object(Bucket=bucket, Key="large")["ContentLength"] == 1_000_000
